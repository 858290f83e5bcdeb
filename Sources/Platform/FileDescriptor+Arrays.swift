internal import CPlatform
internal import Glibc

extension FileDescriptor {
    /// Reads up to `count` bytes at `offset` as an array (`pread(2)`); empty at the end.
    package borrowing func read(upTo count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let number = number
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            do throws(SystemError) {
                length = try systemCall("pread") {
                    Glibc.pread(number, buffer.baseAddress, buffer.count, off_t(offset))
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
