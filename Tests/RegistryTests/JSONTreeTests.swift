import Foundation
import TestSupport
import Testing

@testable import Registry

/// Other people's JSON, changed in one place.
struct JSONTreeTests {
    @Test func everythingKeepsItsSpelling() throws {
        let text =
            #"{"z":1.50,"a":123456789012345678901234567890,"s":"\u00fc\/\"ü\\","l":[1,{},[],null,true],"z":2e+9}"#
        let tree = try #require(JSONTree(Array(text.utf8)))
        let written = String(decoding: tree.bytes, as: UTF8.self)
        #expect(written.filter { !" \t\n".contains($0) } == text)
        #expect(JSONTree(tree.bytes) == tree)
        #expect(written.hasPrefix("{\n\t\"z\": 1.50,\n\t\"a\": 1234"))
        // jq reads the same from both.
        let both = try [Array(text.utf8), tree.bytes].map { try Command.run("jq", ["-Sc", "."], input: $0).text }
        #expect(both[0] == both[1])
    }

    @Test func membersAreSetAndRemoved() throws {
        var tree = try #require(JSONTree(Array(#"{"b":{"x":1},"a":2}"#.utf8)))
        tree["c"] = .text("q\"\\\n")
        tree["a"] = .object([])
        tree["b"] = nil
        #expect(tree.bytes == Array("{\n\t\"a\": {},\n\t\"c\": \"q\\\"\\\\\\u000a\"\n}\n".utf8))
        #expect(tree["b"] == nil)
        #expect(tree["a"] == .object([]))
    }

    @Test(arguments: [
        "", " ", "{", "{]", "[1", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "[1,]", #""open"#, "{} {}", #"{a:1}"#, "\"\n\"",
        #""\"#,
    ])
    func brokenOnes(text: String) {
        #expect(JSONTree(Array(text.utf8)) == nil)
    }

    @Test func depthHasAnEnd() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(JSONTree(nested(33)) != nil)
        #expect(JSONTree(nested(34)) == nil)
        #expect(JSONTree(nested(1 << 19)) == nil)
    }
}
