internal import COpenSSL

/// Memory for keys and what they are derived from: wiped before it is given back.
struct SecretBytes: ~Copyable {
    private let base: UnsafeMutableRawPointer
    let count: Int

    /// `count` zeros.
    init(count: Int) {
        self.count = count
        // By cache lines, as what is read together often lies together.
        base = .allocate(byteCount: max(1, count), alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }

    init(copying secret: UnsafeRawBufferPointer) {
        self.init(count: secret.count)
        bytes.copyMemory(from: secret)
    }

    deinit {
        wipe()
        base.deallocate()
    }

    /// Makes zeros of it.
    func wipe() {
        OPENSSL_cleanse(base, count)
    }

    /// Valid as long as this value.
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }
}
