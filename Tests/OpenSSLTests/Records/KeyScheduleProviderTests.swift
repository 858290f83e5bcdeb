import COpenSSL
import Testing

@testable import OpenSSL

/// What libssl asks for when it derives secrets, asked for as it does.
@Suite struct KeyScheduleProviderTests {
    /// What a derivation is asked for; the defaults are those of one that works.
    private struct Question {
        var mode: Int32? = EVP_KDF_HKDF_MODE_EXPAND_ONLY
        var modeName: String?
        var digest: String? = "SHA2-256"
        var key: [UInt8]? = [UInt8](repeating: 7, count: 32)
        var salt: [UInt8]?
        var label: [UInt8] = Array("c hs traffic".utf8)
        var prefix = Array("tls13 ".utf8)
        var data: [UInt8]?
        var count = 32

        /// - Parameters:
        ///   - properties: Which implementation is asked.
        ///   - isAhead: Whether the parameters are set one by one before the derivation.
        /// - Returns: `nil` where it failed.
        func answer(_ properties: String, isAhead: Bool = false) -> [UInt8]? {
            let algorithm = EVP_KDF_fetch(nil, "TLS13-KDF", properties)
            let context = EVP_KDF_CTX_new(algorithm)
            defer {
                EVP_KDF_CTX_free(context)
                EVP_KDF_free(algorithm)
                ERR_clear_error()
            }
            var kept: [UnsafeMutableRawPointer] = []
            defer { for memory in kept { memory.deallocate() } }
            func keep(_ bytes: [UInt8]) -> UnsafeMutableRawPointer {
                let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes.count + 1, alignment: 8)
                memory.copyMemory(from: bytes + [0], byteCount: bytes.count + 1)
                kept.append(memory)
                return memory
            }
            func name(_ name: String) -> UnsafePointer<CChar> {
                UnsafePointer(keep(Array(name.utf8)).assumingMemoryBound(to: CChar.self))
            }
            func octets(_ key: String, _ bytes: [UInt8]?) -> [OSSL_PARAM] {
                bytes.map { [OSSL_PARAM_construct_octet_string(name(key), keep($0), $0.count)] } ?? []
            }
            func text(_ key: String, _ text: String?) -> [OSSL_PARAM] {
                text.map {
                    let memory = keep(Array($0.utf8)).assumingMemoryBound(to: CChar.self)
                    return [OSSL_PARAM_construct_utf8_string(name(key), memory, 0)]
                } ?? []
            }
            var parameters: [OSSL_PARAM] = []
            if let mode {
                let memory = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
                memory.initialize(to: mode)
                kept.append(UnsafeMutableRawPointer(memory))
                parameters.append(OSSL_PARAM_construct_int(name("mode"), memory))
            }
            parameters += text("mode", modeName) + text("digest", digest) + octets("key", key) + octets("salt", salt)
            parameters += octets("prefix", prefix) + octets("label", label) + octets("data", data)
            var output = [UInt8](repeating: 0, count: count)
            let end = OSSL_PARAM_construct_end()
            if isAhead {
                guard EVP_KDF_CTX_set_params(context, [end]) == 1 else { return nil }
                for parameter in parameters where EVP_KDF_CTX_set_params(context, [parameter, end]) != 1 { return nil }
                return EVP_KDF_derive(context, &output, output.count, [end]) == 1 ? output : nil
            }
            return EVP_KDF_derive(context, &output, output.count, parameters + [end]) == 1 ? output : nil
        }
    }

    private static let ours = KeyScheduleProvider.properties
    private static let libcrypto = "provider=default"

    init() throws {
        try #require(KeyScheduleProvider.isLoaded)
    }

    @Test func onlyWhoAsksForItGetsIt() throws {
        func provider(_ properties: String?) -> String? {
            let algorithm = EVP_KDF_fetch(nil, "TLS13-KDF", properties)
            defer { EVP_KDF_free(algorithm) }
            return OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(algorithm)).map { String(cString: $0) }
        }
        #expect(provider(Self.ours) == "specman")
        #expect(provider(Self.libcrypto) == "default")
        #expect(provider(nil) == "default")
        // Whoever has to have another one gets that.
        #expect(provider("provider=default,\(Self.ours)") == "default")
        // What it has not comes from where it came from before.
        let other = EVP_KDF_fetch(nil, "HKDF", Self.ours)
        defer { EVP_KDF_free(other) }
        #expect(other != nil)
    }

    /// RFC 8448 section 3, from nothing to the server's first traffic secret.
    @Test func secretsAreThoseOfTheTrace() throws {
        func next(_ key: String?, after salt: String?) -> [UInt8]? {
            Question(
                mode: EVP_KDF_HKDF_MODE_EXTRACT_ONLY,
                key: key.map(Hexadecimal.bytes),
                salt: salt.map(Hexadecimal.bytes),
                label: Array("derived".utf8)
            ).answer(Self.ours)
        }
        let early = "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"
        let shared = "8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"
        let handshake = "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"
        let master = "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"
        #expect(next(nil, after: nil).map(Hexadecimal.text) == early)
        #expect(next(shared, after: early).map(Hexadecimal.text) == handshake)
        #expect(next(nil, after: handshake).map(Hexadecimal.text) == master)
        let traffic = Question(
            key: Hexadecimal.bytes(master),
            label: Array("s ap traffic".utf8),
            data: Hexadecimal.bytes("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13")
        )
        #expect(
            traffic.answer(Self.ours).map(Hexadecimal.text)
                == "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
        )
    }

    /// Whatever is asked, in whatever way, libcrypto's own answer is the same.
    @Test(arguments: [("SHA2-256", 32), ("SHA256", 32), ("SHA2-384", 48), ("SHA384", 48)], [false, true])
    func answersAreLibcryptos(_ hash: (name: String, size: Int), _ isAhead: Bool) throws {
        var random = SystemRandomNumberGenerator()
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
        for _ in 0..<50 {
            var question = Question(digest: hash.name, key: bytes(hash.size))
            question.label = bytes(Int.random(in: 1...40))
            question.data = [nil, [], bytes(hash.size), bytes(200)].randomElement() ?? nil
            question.count = Int.random(in: 1...hash.size)
            let expanded = question.answer(Self.ours, isAhead: isAhead)
            #expect(expanded != nil)
            #expect(expanded == question.answer(Self.libcrypto))

            question.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY
            question.count = hash.size
            question.key = [nil, bytes(hash.size), bytes(66)].randomElement() ?? nil
            question.salt = [nil, bytes(hash.size)].randomElement() ?? nil
            question.data = nil
            let extracted = question.answer(Self.ours, isAhead: isAhead)
            #expect(extracted != nil)
            #expect(extracted == question.answer(Self.libcrypto))
        }
    }

    @Test func modesHaveNamesToo() {
        for (number, name) in [
            (EVP_KDF_HKDF_MODE_EXTRACT_ONLY, "EXTRACT_ONLY"), (EVP_KDF_HKDF_MODE_EXPAND_ONLY, "EXPAND_ONLY"),
        ] {
            let byName = Question(mode: nil, modeName: name).answer(Self.ours)
            #expect(byName != nil)
            #expect(byName == Question(mode: number).answer(Self.ours))
        }
    }

    @Test func whatCanNotBeDerivedIsNot() {
        let impossible = [
            Question(mode: nil), Question(mode: 77), Question(mode: nil, modeName: "OTHER"), Question(digest: nil),
            Question(digest: "SHA2-512"), Question(key: nil), Question(key: [UInt8](repeating: 1, count: 65)),
            Question(label: [UInt8](repeating: 1, count: 250)), Question(data: [UInt8](repeating: 1, count: 256)),
            Question(count: 33), Question(mode: EVP_KDF_HKDF_MODE_EXTRACT_ONLY, count: 31),
        ]
        for question in impossible { #expect(question.answer(Self.ours) == nil, "\(question)") }
    }
}
