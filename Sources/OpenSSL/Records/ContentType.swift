/// What a record carries (RFC 8446 appendix B.1), of what can come or go after a handshake.
enum ContentType {
    static let alert: UInt8 = 21
    static let handshake: UInt8 = 22
    static let applicationData: UInt8 = 23
}
