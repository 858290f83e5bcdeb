import Testing

@testable import Daemon

/// Scripts look for the contract's fields whatever the values are.
@Suite struct JSONTextTests {
    @Test func memberWithoutValueIsNull() {
        let row = TagListing.Row(tag: "4.5.13", digest: nil, created: nil, chosen: true, reason: "0.0.0")
        let text = JSONText.encode([row]).filter { !$0.isWhitespace }
        #expect(text == #"[{"chosen":true,"created":null,"digest":null,"reason":"0.0.0","tag":"4.5.13"}]"#)
    }

    @Test func slashesAndQuotesAreRead() {
        let row = TagListing.Row(tag: "a", digest: "b", created: "c", chosen: false, reason: "x/\"y\"")
        #expect(JSONText.encode(row).contains(#""reason" : "x/\"y\"""#))
    }
}
