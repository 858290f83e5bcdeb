import Foundation
import OpenSSL
import TestSupport
import Testing

/// Keys and signatures, against those of the openssl command.
struct SignatureTests {
    private static let message = Array("what is signed".utf8)

    @Test(arguments: OpenSSLSigner.Kind.allCases)
    func bothSidesTakeEachOthersSignatures(kind: OpenSSLSigner.Kind) throws {
        let signer = try OpenSSLSigner(kind)
        let key = try #require(try PublicKey.read(pem: Array(signer.publicText.utf8)).first)
        let theirs = try signer.sign(Self.message)
        #expect(key.verifies(theirs, of: Self.message))
        let own = try PrivateKey(pem: Array(String(contentsOfFile: signer.privateFile, encoding: .utf8).utf8))
        let ours = try own.sign(Self.message)
        #expect(try signer.verifies(ours, of: Self.message))
        #expect(try own.publicKey.verifies(ours, of: Self.message))
        // Anything else is refused, and nothing crashes.
        let stranger = try #require(try PublicKey.read(pem: Array(OpenSSLSigner(kind).publicText.utf8)).first)
        #expect(!stranger.verifies(theirs, of: Self.message))
        #expect(!key.verifies(theirs, of: Self.message + [0]))
        #expect(!key.verifies(theirs, of: []))
        #expect(!key.verifies([], of: Self.message))
        for index in theirs.indices where index % 7 == 0 {
            var bent = theirs
            bent[index] ^= 1
            #expect(!key.verifies(bent, of: Self.message))
            #expect(!key.verifies(Array(theirs.prefix(index)), of: Self.message))
        }
    }

    @Test func p384IsTakenWithItsOwnDigestToo() throws {
        let signer = try OpenSSLSigner(.p384)
        let key = try #require(try PublicKey.read(pem: Array(signer.publicText.utf8)).first)
        #expect(key.kind == .p384)
        #expect(try key.verifies(signer.sign(Self.message, digest: "sha384"), of: Self.message))
        #expect(try !key.verifies(signer.sign(Self.message, digest: "sha512"), of: Self.message))
        let small = try OpenSSLSigner(.p256)
        let other = try #require(try PublicKey.read(pem: Array(small.publicText.utf8)).first)
        #expect(try !other.verifies(small.sign(Self.message, digest: "sha384"), of: Self.message))
    }

    @Test func aFileMayHoldSeveralKeysAndText() throws {
        let texts = try OpenSSLSigner.Kind.allCases.map { try OpenSSLSigner($0).publicText }
        let keys = try PublicKey.read(pem: Array(("the keys:\n" + texts.joined(separator: "and\n")).utf8))
        #expect(keys.map(\.kind) == [.p256, .p384, .rsa(bits: 2048), .ed25519])
    }

    @Test func whatIsNoPublicKeySaysWhatItIs() throws {
        let scratch = try TemporaryDirectory()
        let authority = try CertificateAuthority()
        func reason(_ text: String) -> String {
            do {
                return "\(try PublicKey.read(pem: Array(text.utf8)).map(\.kind))"
            } catch { return "\(error)" }
        }
        func made(_ arguments: [String]) throws -> String {
            let file = scratch.appending("key")
            try Command.run("openssl", arguments + ["-out", file])
            return try Command.run("openssl", ["pkey", "-in", file, "-pubout"]).text
        }
        #expect(reason("").contains("must begin with -----BEGIN PUBLIC KEY-----"))
        let signer = try OpenSSLSigner()
        #expect(try reason(String(contentsOfFile: signer.privateFile, encoding: .utf8)).contains("private key"))
        #expect(try reason(String(contentsOfFile: authority.caFile, encoding: .utf8)).contains("x509 -pubkey"))
        #expect(reason("-----BEGIN RSA PUBLIC KEY-----\n").contains("-RSAPublicKey_in"))
        let good = try signer.publicText
        #expect(reason(good + "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").contains("copy the file"))
        let short = try made(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"])
        #expect(reason(short).contains("RSA of 1024 bits"))
        let curve = try made(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"])
        #expect(reason(curve).contains("ECDSA secp256k1"))
        #expect(try reason(made(["genpkey", "-algorithm", "X25519"])).contains("X25519"))
    }

    @Test func encryptedKeysNeedTheirPassphrase() throws {
        let signer = try OpenSSLSigner()
        let pem = try Command.run(
            "openssl",
            ["pkey", "-in", signer.privateFile, "-aes256", "-passout", "pass:geheim"]
        ).out
        #expect(throws: KeyError.encrypted) { try PrivateKey(pem: pem) }
        #expect(throws: KeyError.wrongPassphrase) { try PrivateKey(pem: pem, passphrase: Array("no".utf8)) }
        let key = try PrivateKey(pem: pem, passphrase: Array("geheim".utf8))
        #expect(try signer.verifies(key.sign(Self.message), of: Self.message))
        let foreign =
            "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
        let error = #expect(throws: KeyError.self) { try PrivateKey(pem: Array(foreign.utf8)) }
        #expect(error?.description.contains("sign with cosign") == true)
        #expect(throws: KeyError.self) { try PrivateKey(pem: Array(signer.publicText.utf8)) }
    }
}
