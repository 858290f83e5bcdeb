internal import Content
internal import OpenSSL

/// What a certificate says, in words.
enum CertificateWords {
    /// The most names that are shown.
    private static let mostNames = 6

    static func summary(_ facts: CertificateFacts, now: Timestamp) -> String {
        let issuer = facts.issuer == facts.subject ? "signed by itself" : "signed by \(facts.issuer)"
        return "certificate for \(names(facts)), \(issuer), \(validity(facts, now: now))"
    }

    static func names(_ facts: CertificateFacts) -> String {
        if facts.names.isEmpty { return "no host name (\(facts.subject))" }
        let more = facts.names.count - mostNames
        return facts.names.prefix(mostNames).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    static func validity(_ facts: CertificateFacts, now: Timestamp) -> String {
        let days = (facts.notAfter - now.seconds) / 86_400
        return "valid until \(Timestamp(seconds: facts.notAfter).rfc3339) (\(days) days)"
    }
}
