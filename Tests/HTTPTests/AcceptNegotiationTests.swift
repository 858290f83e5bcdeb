import HTTP
import Testing

struct AcceptNegotiationTests {
    @Test(arguments: [
        (nil, "html"),
        ("", "html"),
        ("*/*", "html"),
        ("text/*", "html"),
        ("application/json", "json"),
        ("APPLICATION/JSON", "json"),
        ("application/*", "json"),
        ("text/plain", "plain"),
        ("text/plain, application/json", "json"),
        ("text/plain;q=0.9, application/json;q=0.8", "plain"),
        ("application/json, text/plain, */*", "json"),
        ("application/json, */*", "json"),
        ("application/json;q=0.1, */*", "html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("application/json; charset=utf-8 ; Q=0.5, text/plain;q=0.4", "json"),
        ("text/html;q=0, text/plain;q=0.001", "plain"),
        ("text/html;q=0, */*;q=0.5", "json"),
        ("text/html;q=0", "html"),
        ("application/json;q=0", "html"),
        ("image/png", "html"),
        ("text/plain;q=2, application/json;q=0.1", "json"),
        ("text/plain;q=0.1234, application/json;q=0.1", "json"),
        ("text/plain;q=1.001, application/json;q=0.1", "json"),
        ("text/plain;q=-1, application/json;q=0.1", "json"),
        ("text/plain;title=\"a,application/json\";q=0.3", "plain"),
        ("text, /, text/, /json, *, ;;;,,,", "html"),
        ("*/json", "html"),
    ])
    func chooses(accept: String?, expected: String) {
        let offers = ["text/html", "application/json", "text/plain"]
        let names = ["html", "json", "plain"]
        #expect(names[AcceptNegotiation.choose(accept, among: offers)] == expected)
    }
}

struct FieldListTests {
    @Test(arguments: [
        ("", []), (",", []), (" , ,a , ", ["a"]), ("a,b", ["a", "b"]), ("\"a,b\",c", ["\"a,b\"", "c"]),
        ("\"a\\\",b\",c", ["\"a\\\",b\"", "c"]), ("\"a,b", ["\"a,b"]), ("a\t,\tb", ["a", "b"]), ("\"a\\", ["\"a\\"]),
    ])
    func takesListsApart(value: String, expected: [String]) {
        #expect(FieldList.elements(of: value).map(String.init) == expected)
    }
}
