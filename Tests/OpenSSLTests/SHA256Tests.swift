import OpenSSL
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4 examples.
    @Test func sums() throws {
        #expect(
            Hexadecimal.text(try SHA256.sum(of: Array("abc".utf8).span.bytes))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        var hash = try SHA256()
        hash.update(Array("a".utf8).span.bytes)
        hash.update(Array("bc".utf8).span.bytes)
        #expect(hash.finish() == (try SHA256.sum(of: Array("abc".utf8).span.bytes)))
        #expect(Hexadecimal.text(hash.finish()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
