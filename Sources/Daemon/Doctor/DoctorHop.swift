internal import Content

/// One step of the way from the registry to whom the files are served, and how it was found.
package struct DoctorHop: Sendable {
    package enum Outcome: Hashable, Sendable {
        case ok
        case failed
        /// It could not be tried, as a hop before it had failed.
        case skipped
    }

    /// The hop's name, such as `tls`.
    package let name: String
    /// What was looked at: a host, a tag, a directory.
    package let subject: String
    package let outcome: Outcome
    /// What was found.
    package let detail: String
    /// What to do; `nil` where nothing is to be done.
    package let remedy: String?

    /// One line: `failed   tls          registry.example:443: its certificate has expired; renew it`.
    package var line: String {
        let status =
            switch outcome {
            case .ok: "ok"
            case .failed: "FAILED"
            case .skipped: "skipped"
            }
        // What comes from outside must not move the cursor or fake a line.
        return "\(Self.padded(status, 9))\(Self.padded(name, 13))\(sentence)".printable
    }

    /// Subject, detail and remedy.
    package var sentence: String { "\(subject): \(detail)" + (remedy.map { "; \($0)" } ?? "") }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

extension DoctorHop: Encodable {
    enum CodingKeys: String, CodingKey {
        case name = "hop"
        case subject
        case outcome = "ok"
        case detail
        case remedy
    }

    /// `ok` is `null` where the hop was skipped.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(subject, forKey: .subject)
        try container.encode(outcome == .skipped ? nil : outcome == .ok, forKey: .outcome)
        try container.encode(detail, forKey: .detail)
        try container.encode(remedy, forKey: .remedy)
    }
}

/// What a hop found wrong.
struct DoctorFault: Error {
    let detail: String
    /// `nil` where the detail says it all.
    let remedy: String?

    init(_ detail: String, _ remedy: String? = nil) {
        self.detail = detail
        self.remedy = remedy
    }

    /// Takes an error's line apart: each says what is wrong and, behind the first semicolon, what to do.
    init(_ error: any Error) {
        self.init(line: "\(error)")
    }

    init(line: String) {
        guard let cut = line.firstRange(of: "; ") else {
            self.init(line)
            return
        }
        self.init(String(line[..<cut.lowerBound]), String(line[cut.upperBound...]))
    }
}
