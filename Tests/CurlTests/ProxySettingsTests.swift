import Testing

@testable import Curl

/// Which requests go through which proxy.
struct ProxySettingsTests {
    private func proxy(_ url: String, _ environment: [String: String]) throws -> String? {
        ProxySettings(environment).proxy(for: try #require(TransferURL(url)).origin)?.text
    }

    @Test func eachSchemeHasItsVariable() throws {
        let all = ["HTTPS_PROXY": "s:1", "HTTP_PROXY": "h:2", "ALL_PROXY": "a:3"]
        #expect(try proxy("https://registry.example/", all) == "s:1")
        #expect(try proxy("http://registry.example/", all) == "h:2")
        #expect(try proxy("https://registry.example/", ["ALL_PROXY": "a:3"]) == "a:3")
        #expect(try proxy("https://registry.example/", ["HTTP_PROXY": "h:2"]) == nil)
        #expect(try proxy("https://registry.example/", [:]) == nil)
        // Small letters come first, and an empty value says none.
        #expect(try proxy("https://registry.example/", ["https_proxy": "l:4", "HTTPS_PROXY": "s:1"]) == "l:4")
        #expect(try proxy("https://registry.example/", ["https_proxy": "", "HTTPS_PROXY": "s:1"]) == nil)
    }

    @Test(arguments: [
        ("*", true), ("registry.example", true), (".registry.example", true), ("example", true), ("Example", true),
        ("*.example", true), ("other, registry.example", true), ("other registry.example", true),
        ("registry.example:443", true), ("registry.example:8443", false), ("gistry.example", false),
        ("a.registry.example", false), ("", false), ("10.0.0.0/8", false), (",, .", false),
    ])
    func namesOfNoProxy(list: String, isDirect: Bool) throws {
        for name in ["no_proxy", "NO_PROXY"] {
            let found = try proxy("https://registry.example/v2/", ["HTTPS_PROXY": "p:1", name: list])
            #expect((found == nil) == isDirect, "\(list)")
        }
    }

    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false), ("10.1.2.3", "10.0.0.0/8", true),
        ("10.1.2.3", "10.1.2.0/23", true), ("10.1.4.3", "10.1.2.0/23", false), ("10.1.2.3", "10.1.2.3/32", true),
        ("10.1.2.3", "0.0.0.0/0", true), ("10.1.2.3", "10.0.0.0/33", false), ("10.1.2.3", "10.0.0.0/-1", false),
        ("10.1.2.3", "10.0.0.0/", false), ("10.1.2.3", "fd00::/8", false), ("10.1.2.3", "10.1.2.3:443", true),
        ("10.1.2.3", "10.1.2.3:5000", false), ("10.1.2.3", "::ffff:10.1.2.3", true), ("11.1.2.3", "10.0.0.0/8", false),
        ("[fd12::1]", "fd00::/8", true), ("[fd12::1]", "fd12::1", true), ("[fd12::1]", "[fd12::1]", true),
        ("[fd12::1]", "[fd12::]/16", true), ("[fd12::1]", "fe80::/10", false), ("[fd12::1]", "10.0.0.0/8", false),
        // Names are not resolved.
        ("localhost", "127.0.0.0/8", false),
    ])
    func addressesOfNoProxy(host: String, list: String, isDirect: Bool) throws {
        let found = try proxy("https://\(host)/", ["HTTPS_PROXY": "p:1", "NO_PROXY": "other.example,\(list)"])
        #expect((found == nil) == isDirect, "\(host) \(list)")
    }

    @Test(arguments: [
        ("http://user:secret@proxy.example:3128/", "proxy.example:3128"), ("proxy.example:3128", "proxy.example:3128"),
        ("socks5h://a:b@c@[fd00::1]:1080", "[fd00::1]:1080"), ("http://proxy.example\r\nx", "proxy.examplex"),
    ])
    func theNameHasNoPassword(text: String, name: String) {
        #expect(Proxy(text, variable: "https_proxy").name == name)
    }
}
