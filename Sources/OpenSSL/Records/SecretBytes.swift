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

    /// Reads pairs of hexadecimal digits up to the end of the text; `nil` where they are not `count` or where there is
    /// anything else.
    init?(hexadecimal text: UnsafePointer<CChar>, count: Int) {
        self.init(count: count)
        var place = text
        for index in 0..<count {
            guard let high = Self.value(place[0]), let low = Self.value(place[1]) else { return nil }
            bytes[index] = high << 4 | low
            place += 2
        }
        guard place[0] == 0 else { return nil }
    }

    deinit {
        OPENSSL_cleanse(base, count)
        base.deallocate()
    }

    /// Valid as long as this value.
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }

    private static func value(_ digit: CChar) -> UInt8? {
        switch UInt8(bitPattern: digit) {
        case let digit where (0x30...0x39).contains(digit): digit - 0x30
        case let digit where (0x61...0x66).contains(digit | 0x20): (digit | 0x20) - 0x61 + 10
        default: nil
        }
    }
}
