internal import COpenSSL

/// Names as C has them.
enum CName {
    /// Whether `name` is that literal, without making a `String` of either.
    @inline(__always)
    static func isEqual(_ name: UnsafePointer<CChar>, _ literal: StaticString) -> Bool {
        // A literal ends with a zero (StaticString, "null-terminated").
        strcmp(name, UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)) == 0
    }
}
