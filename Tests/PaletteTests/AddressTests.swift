import Curl
import Testing

@testable import Palette

/// What people type for Palette, and for the SCAR endpoint.
struct AddressTests {
    @Test(arguments: [
        ("palette.example.com", "palette.example.com:443"), ("palette.example.com/", "palette.example.com:443"),
        ("palette.example.com:8443", "palette.example.com:8443"),
        ("https://palette.example.com", "palette.example.com:443"),
        ("HTTPS://Palette.Example.COM:443//", "palette.example.com:443"), ("10.0.0.7", "10.0.0.7:443"),
        ("[fd00::7]:8443", "[fd00::7]:8443"), ("https://[fd00::7]/", "[fd00::7]:443"),
        ("palette.example.com/system", "palette.example.com:443"),
        ("https://palette.example.com:8443/system/admin?tab=scar#top", "palette.example.com:8443"),
        ("https://a/https://b", "a:443"),
    ])
    func addresses(text: String, host: String) throws {
        let address = try PaletteAddress(text)
        #expect(address.host == host)
        #expect(address.base.origin.scheme == "https")
        let url = address.base.resolving("/v1/auth/syslogin?setCookie=true")
        #expect(url?.origin == address.base.origin)
    }

    @Test(arguments: [
        "", "/", "https://", "http://palette.example.com", "HTTP://127.0.0.1:8080", "ftp://palette.example.com",
        "a b", "a\nb",
        "palette.example.com:99999", "palette.example.com:x", "oci-layout:/srv", "palette\\evil",
    ])
    func notAddresses(text: String) throws {
        let error = try #require(throws: PaletteError.self) { try PaletteAddress(text) }
        #expect(error.isUsage)
        #expect(!"\(error)".contains { $0.isNewline })
    }

    @Test func aPasswordInTheAddressIsNotRepeated() throws {
        for text in ["https://admin:geheim@palette.example.com", "admin:geheim@palette", "http://x:geheim@[::1"] {
            let error = try #require(throws: PaletteError.self) { try PaletteAddress(text) }
            #expect(!"\(error)".contains("geheim"))
            #expect("\(error)".contains("--password-stdin"))
        }
    }

    @Test func aPasswordInTheClearIsRefusedWithTheReason() throws {
        let error = try #require(throws: PaletteError.self) { try PaletteAddress("http://127.0.0.1:8080/") }
        #expect("\(error)".contains("http://127.0.0.1:8080/ would show the password"), "\(error)")
    }

    @Test(arguments: [
        ("https://specman.example.com:8443", "https://specman.example.com:8443"),
        ("https://specman.example.com:8443//", "https://specman.example.com:8443"),
        ("http://10.0.0.7/scar/", "http://10.0.0.7/scar"),
    ])
    func endpoints(text: String, url: String) throws {
        #expect(try ScarEndpoint(text).description == url)
    }

    @Test(arguments: [
        "", "specman.example.com:8443", "https://", "https:///", "ftp://specman", "https://a/?b", "https://a/#b",
        "https://a b", "https:/specman:8443", "https:///specman:8443", "https:specman", "https://specman:",
        "https://:8443",
        "https://a\r\nX: y", "https://bücher.example", "https://u:geheim@specman",
        "https://" + String(repeating: "a/", count: 1100) + "a",
    ])
    func notEndpoints(text: String) throws {
        let error = try #require(throws: PaletteError.self) { try ScarEndpoint(text) }
        #expect(error.isUsage)
        #expect(!"\(error)".contains { $0.isNewline })
        #expect(!"\(error)".contains("geheim"))
        #expect("\(error)".utf8.count < 400)
    }

    @Test func theStandardEndpointIsTheServiceOfTheGuide() throws {
        let url = "https://specman-service.hubble-system.svc.cluster.local:8443"
        #expect(ScarEndpoint.standard.description == url)
        #expect(try ScarEndpoint(url) == .standard)
    }
}
