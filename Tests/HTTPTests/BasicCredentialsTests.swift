import Foundation
import HTTP
import Testing

struct BasicCredentialsTests {
    private static func field(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

    /// The first is RFC 7617's own (section 2).
    @Test(arguments: [
        ("Aladdin:open sesame", "Aladdin", "open sesame"), ("test:123\u{A3}", "test", "123\u{A3}"),
        ("a:b:c", "a", "b:c"),
        (":", "", ""), ("a:", "a", ""), (":b", "", "b"), ("abc:de", "abc", "de"), ("abc:def", "abc", "def"),
    ])
    func takesNameAndPassword(text: String, user: String, password: String) throws {
        let credentials = try #require(BasicCredentials(Self.field(text)))
        #expect(credentials.user == Array(user.utf8))
        #expect(credentials.password == Array(password.utf8))
    }

    @Test func theSchemeHasNoCaseAndPaddingMayBeLeftOut() {
        #expect(BasicCredentials("basic QTpi")?.user == [0x41])
        #expect(BasicCredentials("BASIC   QTpiYw==")?.password == Array("bc".utf8))
        #expect(BasicCredentials("Basic QTpiYw")?.password == Array("bc".utf8))
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "Bearer QTpi", "BasicQTpi", "Basic QTpiYw=", "Basic QTpiYw===", "Basic QTpi====",
        "Basic QTpi QTpi", "Basic QT=i", "Basic QTpi-_", "Basic QUI=", "Basic QTpi, Basic QTpi", "Basic Q",
        // "A:\n", "A:\0"
        "Basic QToK", "Basic QToA",
    ])
    func refusesWhatIsBroken(value: String) {
        #expect(BasicCredentials(value) == nil)
    }
}
