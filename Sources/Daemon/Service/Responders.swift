internal import HTTP
internal import Listener
internal import Platform
internal import Serving

/// The site behind the TLS port and the volume's socket.
final class SiteResponder: Responder {
    let site: Site
    private let gate: AccessGate?
    private let isSecure: Bool
    let log: (any RequestLog)?

    /// - Parameters:
    ///   - gate: Who may ask; `nil` where anybody may, as on the socket, which its file's mode protects.
    ///   - isSecure: Whether clients come over TLS.
    init(site: Site, gate: AccessGate?, isSecure: Bool, log: (any RequestLog)?) {
        self.site = site
        self.gate = gate
        self.isSecure = isSecure
        self.log = log
    }

    var generation: UInt64 { site.generation }

    var refusalFields: Fields {
        var fields = Fields()
        ProtectiveFields.add(to: &fields, isSecure: isSecure)
        return fields
    }

    /// The gate comes first. What it admits is never repeatable, so that nothing that was prepared for one client is
    /// given to another who has not proved anything.
    func answer(to request: Request, reply: @escaping @Sendable (Answer<SharedFile>) -> Void) {
        guard let gate else { return site.answer(to: request) { reply(self.finished($0)) } }
        gate.admit(request) { [self] request in
            site.answer(to: request) { [self] answer in
                var answer = finished(answer)
                answer.isRepeatable = false
                answer.user = request.user
                reply(answer)
            }
        } refused: { [self] answer in
            reply(finished(answer))
        }
    }

    /// Where nobody has to prove who they are.
    func fileAtOnce(_ head: RequestHead, in bytes: Span<UInt8>) -> FoundFile<SharedFile>? {
        gate == nil ? site.fileAtOnce(head, in: bytes) : nil
    }

    private func finished(_ answer: Answer<SharedFile>) -> Answer<SharedFile> {
        var answer = answer
        ProtectiveFields.add(to: &answer.fields, isSecure: isSecure)
        return answer
    }
}

/// The fields that the custom pack registry sends with every answer, for what browsers do with it.
enum ProtectiveFields {
    /// Two years, as Mozilla's guideline has it. Browsers heed it only from a certificate that they trust.
    private static let transport = "max-age=63072000"
    /// A release's own pages may show what is in the release, and nothing from elsewhere; nobody frames them.
    private static let content =
        "default-src 'self' 'unsafe-inline' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"

    /// Adds those that aren't there.
    static func add(to fields: inout Fields, isSecure: Bool) {
        func add(_ name: String, _ value: String) {
            if fields[name] == nil { fields.append(name, value) }
        }
        if isSecure { add("Strict-Transport-Security", transport) }
        add("X-Content-Type-Options", "nosniff")
        add("Content-Security-Policy", content)
        add("X-Frame-Options", "DENY")
        add("Referrer-Policy", "same-origin")
    }
}

/// The management port.
final class ManagementResponder: ImmediateResponder {
    private let site: ManagementSite

    init(site: ManagementSite) {
        self.site = site
    }

    /// Nothing it answers is repeatable.
    var generation: UInt64 { 0 }

    func answer(to request: Request) -> Answer<SharedFile> { site.answer(to: request) }
}
