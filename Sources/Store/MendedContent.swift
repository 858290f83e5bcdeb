internal import Content
internal import OpenSSL
internal import Platform

/// A content on its way back into releases, hashed while it is written.
package struct MendedContent: ~Copyable, Sendable {
    let name: [UInt8]
    private let file: FileDescriptor
    private var hash: SHA256

    init(name: [UInt8], file: consuming FileDescriptor) throws(OpenSSLError) {
        self.name = name
        self.file = file
        hash = try SHA256()
    }

    /// Adds bytes at the end.
    package mutating func write(_ bytes: RawSpan) throws(StoreError) {
        do throws(SystemError) { try file.write(bytes) } catch {
            throw StoreError(doing: "mending the volume", error)
        }
        hash.update(bytes)
    }

    /// Makes it durable and gives its digest.
    consuming func finish() throws(StoreError) -> Digest? {
        do throws(SystemError) { try file.sync() } catch {
            throw StoreError(doing: "mending the volume", error)
        }
        return Digest(bytes: hash.finish())
    }
}
