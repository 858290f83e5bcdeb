import Content
import Curl
import Testing

@testable import Registry

/// Signature Version 4, against AWS's own published examples.
struct SignatureTests {
    /// The key of AWS's `aws-sig-v4-test-suite`, as of whose date all its requests are.
    private func signature(
        _ method: TransferRequest.Method,
        _ fields: [(name: String, value: String)] = [],
        body: String = "",
        url: String = "https://example.amazonaws.com/",
        token: String? = nil
    ) throws -> [(name: String, value: String)] {
        let credentials = try #require(
            AWSCredentials(
                accessKeyID: "AKIDEXAMPLE",
                secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                sessionToken: token
            )
        )
        let signature = SignatureV4(credentials: credentials, region: .virginia, service: "service")
        return try signature.sign(
            method,
            try #require(TransferURL(url)),
            fields: fields,
            body: Array(body.utf8),
            at: try #require(Timestamp(rfc3339: "2015-08-30T12:36:00Z"))
        )
    }

    private func end(_ fields: [(name: String, value: String)]) -> String {
        String(fields.last?.value.suffix(64) ?? "")
    }

    @Test func theExamplesOfAWSsTestSuite() throws {
        // get-vanilla
        let vanilla = try signature(.get)
        #expect(
            vanilla.last?.value == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, "
                + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        )
        #expect(vanilla.map(\.name) == ["X-Amz-Date", "Authorization"])
        #expect(vanilla.first?.value == "20150830T123600Z")
        // post-vanilla, post-header-key-sort, post-x-www-form-urlencoded, get-header-value-trim
        #expect(
            end(try signature(.post)) == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        )
        #expect(
            end(try signature(.post, [("My-Header1", "value1")]))
                == "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"
        )
        let form = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        #expect(
            end(try signature(.post, form, body: "Param1=value1"))
                == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        )
        #expect(
            end(try signature(.get, [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")]))
                == "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        )
        // A path with a prefix, as botocore signs it.
        #expect(
            end(try signature(.get, url: "https://example.amazonaws.com/example%20space/"))
                == "446b817944c553435b35e813c261ff4e161fff982d1bacdef1c87f6785dd1662"
        )
    }

    /// "Examples of how to derive a signing key for Signature Version 4".
    @Test func theKeyOfADay() throws {
        let credentials = try #require(
            AWSCredentials(accessKeyID: "A", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        )
        let key = try SignatureV4(credentials: credentials, region: .virginia, service: "iam").key(for: "20120215")
        let hex = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    }

    @Test func aSessionTokenIsSentAndSigned() throws {
        let fields = try signature(.post, token: "to/ken==")
        #expect(fields.map(\.name) == ["X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
        #expect(fields.last?.value.contains("SignedHeaders=host;x-amz-date;x-amz-security-token,") == true)
        #expect(end(fields) != end(try signature(.post, token: "to/ken=")))
    }

    @Test func aPortThatIsNotTheUsualOneIsSigned() throws {
        let usual = end(try signature(.get))
        #expect(end(try signature(.get, url: "https://example.amazonaws.com:443/")) == usual)
        #expect(end(try signature(.get, url: "https://example.amazonaws.com:8443/")) != usual)
    }

    @Test func whatCantStandInAFieldIsNoKey() {
        #expect(AWSCredentials(accessKeyID: "A", secretAccessKey: "s\r\nX: y") == nil)
        #expect(AWSCredentials(accessKeyID: "", secretAccessKey: "s") == nil)
        #expect(AWSCredentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: "a b") == nil)
        #expect(AWSCredentials(accessKeyID: "A", secretAccessKey: "s", sessionToken: "")?.sessionToken == nil)
    }
}
