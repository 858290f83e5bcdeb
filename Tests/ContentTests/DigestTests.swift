import Content
import Testing

@Suite struct DigestTests {
    private let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test func roundTrip() throws {
        let digest = try #require(Digest("sha256:" + hex))
        #expect(digest.hex == hex)
        #expect(digest.description == "sha256:" + hex)
        #expect(digest.bytes.count == 32)
        #expect(Digest(bytes: digest.bytes) == digest)
    }

    @Test(arguments: [
        "", "sha256:", "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "sha256:../../../../etc/passwd/4298fc1c149afbf4c8996fb92427ae41e4649b934ca",
    ])
    func refused(_ text: String) {
        #expect(Digest(text) == nil)
    }

    @Test func otherCountsOfBytesAreRefused() {
        #expect(Digest(bytes: [UInt8](repeating: 1, count: 31)) == nil)
        #expect(Digest(bytes: [UInt8](repeating: 1, count: 33)) == nil)
    }
}
