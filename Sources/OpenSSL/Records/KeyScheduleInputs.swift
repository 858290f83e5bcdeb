internal import COpenSSL

/// What a secret or a key is derived from, as libssl tells it (EVP_KDF-TLS13_KDF(7)). Valid as long as the parameters that it
/// was taken from.
struct KeyScheduleInputs {
    /// Parameters that were set before the derivation itself; libssl gives all of them with it.
    typealias Kept = UnsafeMutablePointer<OSSL_PARAM>?

    private var mode: Int32?
    private var hash: HandshakeHash?
    private var key: UnsafeRawBufferPointer?
    private var salt: UnsafeRawBufferPointer?
    private var data: UnsafeRawBufferPointer?
    private var prefix = UnsafeRawBufferPointer(start: nil, count: 0)
    private var label = UnsafeRawBufferPointer(start: nil, count: 0)

    init() {}

    /// Adds to what was kept; whether that worked.
    static func keep(_ parameters: UnsafePointer<OSSL_PARAM>, in kept: UnsafeMutablePointer<Kept>) -> Bool {
        guard parameters.pointee.key != nil else { return true }
        // The first is a list of pointers into both, the second a copy of all.
        let all = OSSL_PARAM_merge(kept.pointee, parameters)
        defer { specman_free(all) }
        guard let all, let copy = OSSL_PARAM_dup(all) else { return false }
        forget(kept)
        kept.pointee = copy
        return true
    }

    /// Wipes and frees what was kept.
    static func forget(_ kept: UnsafeMutablePointer<Kept>) {
        var next = kept.pointee
        while let parameter = next?.pointee, parameter.key != nil {
            OPENSSL_cleanse(parameter.data, parameter.data_size)
            next = next?.successor()
        }
        OSSL_PARAM_free(kept.pointee)
        kept.pointee = nil
    }

    /// Takes what is there, in place of what was taken before; `false` where it can't be used. Unknown ones are passed over, as
    /// OSSL_PARAM(3) has it.
    ///
    /// The names are literals, not the header's macros: of those Swift would make a `String` for each comparison, and there
    /// are hundreds in a handshake.
    mutating func take(_ parameters: UnsafePointer<OSSL_PARAM>) -> Bool {
        var next = parameters
        while let name = next.pointee.key {
            if CName.isEqual(name, "key") {
                key = Self.bytes(next)
            } else if CName.isEqual(name, "label") {
                label = Self.bytes(next)
            } else if CName.isEqual(name, "prefix") {
                prefix = Self.bytes(next)
            } else if CName.isEqual(name, "data") {
                data = Self.bytes(next)
            } else if CName.isEqual(name, "salt") {
                salt = Self.bytes(next)
            } else if CName.isEqual(name, "mode") {
                guard let mode = Self.mode(next) else { return false }
                self.mode = mode
            } else if CName.isEqual(name, "digest") {
                var text: UnsafePointer<CChar>?
                guard OSSL_PARAM_get_utf8_string_ptr(next, &text) == 1, let text, let hash = HandshakeHash(name: text)
                else { return false }
                self.hash = hash
            }
            next += 1
        }
        return true
    }

    /// A number or its name.
    private static func mode(_ parameter: UnsafePointer<OSSL_PARAM>) -> Int32? {
        if parameter.pointee.data_type == OSSL_PARAM_INTEGER {
            var number: Int32 = 0
            return OSSL_PARAM_get_int(parameter, &number) == 1 ? number : nil
        }
        var text: UnsafePointer<CChar>?
        guard OSSL_PARAM_get_utf8_string_ptr(parameter, &text) == 1, let text else { return nil }
        if CName.isEqual(text, "EXTRACT_ONLY") { return EVP_KDF_HKDF_MODE_EXTRACT_ONLY }
        return CName.isEqual(text, "EXPAND_ONLY") ? EVP_KDF_HKDF_MODE_EXPAND_ONLY : nil
    }

    private static func bytes(_ parameter: UnsafePointer<OSSL_PARAM>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: parameter.pointee.data, count: parameter.pointee.data_size)
    }

    /// Fills `output`, and tells the session whose handshake goes on on this thread; whether it worked.
    func derive(into output: UnsafeMutableRawBufferPointer) -> Bool {
        guard let mode, let hash else { return false }
        let session = HandshakeOfThread.current
        do throws(OpenSSLError) {
            let schedule = if let session { try session.schedule(with: hash) } else { try KeySchedule(hash) }
            switch mode {
            case EVP_KDF_HKDF_MODE_EXTRACT_ONLY:
                try schedule.extract(after: salt, prefix: prefix, label: label, input: key, into: output)
            case EVP_KDF_HKDF_MODE_EXPAND_ONLY:
                guard let key else { return false }
                let context = data ?? UnsafeRawBufferPointer(start: nil, count: 0)
                try schedule.expand(key, prefix: prefix, label: label, context: context, into: output)
                session?.note(UnsafeRawBufferPointer(output), label: label)
            default:
                return false
            }
            return true
        } catch {
            return false
        }
    }
}
