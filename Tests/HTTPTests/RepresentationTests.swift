import Content
import HTTP
import Testing

struct MediaTypeTests {
    @Test(arguments: [
        ("versions.yaml", "application/yaml"), ("a.YML", "application/yaml"), ("a.json", "application/json"),
        ("index.html", "text/html; charset=utf-8"), ("manifests.tgz", "application/gzip"),
        ("manifests.tar.gz", "application/gzip"), ("a.txt", "text/plain; charset=utf-8"),
        ("onprem.properties", "text/plain; charset=utf-8"), ("README", "text/plain; charset=utf-8"),
        ("README.md", "text/markdown; charset=utf-8"), ("copyright", "text/plain; charset=utf-8"),
        ("a", "application/octet-stream"), ("a.", "application/octet-stream"), ("", "application/octet-stream"),
        (".yaml", "application/octet-stream"), ("a.yaml.unknown", "application/octet-stream"),
        ("a.averyveryverylongending", "application/octet-stream"),
    ])
    func goesByTheEnding(name: String, type: String) {
        #expect(MediaType.forFile(named: Array(name.utf8)[...]) == type)
    }

    @Test func takesNamesThatAreNoText() {
        #expect(MediaType.forFile(named: [0xFF, 0x2E, 0x79, 0x6D, 0x6C]) == "application/yaml")
        #expect(MediaType.forFile(named: [0x61, 0x2E, 0xFF]) == "application/octet-stream")
    }
}

struct ReprDigestTests {
    // RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func encodesBase64(text: String, expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
    }

    @Test func usesBothEndsOfTheAlphabet() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF, 0x00]) == "++//AA==")
    }

    @Test func writesTheDigestOfNothing() throws {
        // printf '' | openssl dgst -sha256 -binary | base64
        let digest = try #require(Digest(hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        #expect(ReprDigest.value(of: digest) == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:")
    }
}

struct JSONWriterTests {
    @Test func writesMembersInOrder() {
        let bytes = JSONWriter.document { json in
            json.object { json in
                json.member("b", "x")
                json.member("a", 1)
                json.member("t", true)
                json.member("n", String?.none)
                json.name("list")
                json.array { json in
                    json.value(-2)
                    json.object { _ in }
                    json.array { _ in }
                    json.null()
                }
                json.member("last", Int64.max)
            }
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"b":"x","a":1,"t":true,"n":null,"list":[-2,{},[],null],"last":9223372036854775807}"# + "\n"
        )
    }

    @Test func escapesWhatHasToBe() {
        let bytes = JSONWriter.document { $0.value("\"\\\n\t\r\0\u{1F}\u{7F}é</script>") }
        #expect(
            String(decoding: bytes, as: UTF8.self) == #""\"\\\n\t\u000d\u0000\u001f\u007fé</script>""# + "\n"
        )
    }
}

struct ProblemDetailsTests {
    private let problem = ProblemDetails(.notFound, "No \"x\" here.")

    @Test(arguments: [nil, "*/*", "text/html", "text/plain", "text/html,application/xhtml+xml,*/*;q=0.8"])
    func isTextUnlessJSONIsPreferred(accept: String?) {
        let answer: Answer<Never> = problem.answer(accept: accept)
        #expect(answer.fields["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.text == "404 Not Found: No \"x\" here.\n")
    }

    @Test(arguments: ["application/json", "application/problem+json", "application/json, text/plain;q=0.5"])
    func isProblemDetailsWhereJSONIsPreferred(accept: String) {
        let answer: Answer<Never> = problem.answer(accept: accept, fields: Fields([.init(name: "Allow", value: "GET")]))
        #expect(answer.status.code == 404)
        #expect(answer.fields["Content-Type"] == "application/problem+json")
        #expect(answer.fields["Allow"] == "GET")
        #expect(answer.fields["Vary"] == "Accept")
        #expect(
            answer.text
                == #"{"type":"about:blank","title":"Not Found","status":404,"detail":"No \"x\" here."}"# + "\n"
        )
    }
}

extension Answer {
    fileprivate var text: String? {
        if case .bytes(let bytes) = body { String(decoding: bytes, as: UTF8.self) } else { nil }
    }
}
