import Testing

@testable import HTTP

/// Control bytes are found wherever they stand: the parser looks at eight bytes in one step.
@Suite struct ControlByteTests {
    /// RFC 9110 section 5.5: HTAB and what is beyond ASCII belong into values; other control bytes nowhere.
    private static func isAllowed(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }

    @Test func everyByteAtEveryPlaceOfAValue() {
        let head = Array("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: ".utf8)
        let end = Array("\r\n\r\n".utf8)
        for byte in UInt8.min...UInt8.max where byte != 0x0D {
            for place in 0..<24 {
                var value = [UInt8](repeating: UInt8(ascii: "x"), count: 24)
                value[place] = byte
                let request = head + value + end
                var parser = RequestParser()
                let result = parser.parse(request.span)
                if Self.isAllowed(byte) {
                    guard case .done = result else {
                        Issue.record("\(byte) at \(place): \(result)")
                        continue
                    }
                } else {
                    #expect(result == .malformed(.controlByte), "\(byte) at \(place)")
                }
            }
        }
    }
}
