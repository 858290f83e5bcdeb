import Content
import Foundation
import Testing

@testable import Registry

/// What AWS's services, files and agents hold, as text.
struct AWSAnswerTests {
    @Test func elementsAndTheirText() {
        let text = """
            <?xml version="1.0"?><R xmlns="x"><CredentialsX>no</CredentialsX><Credentials a="1">
            <SecretAccessKey>a+/&amp;&#65;&#x42;&lt;</SecretAccessKey><Empty></Empty><Nested><A>b</A></Nested>
            <Bad>&nbsp;</Bad></Credentials><Open>
            """
        let element = XMLText.content(of: "Credentials", in: text[...]) ?? ""
        #expect(XMLText.text(of: "SecretAccessKey", in: element) == "a+/&AB<")
        #expect(XMLText.text(of: "Empty", in: element) == "")
        #expect(XMLText.text(of: "Nested", in: element) == nil)
        #expect(XMLText.text(of: "Bad", in: element) == nil)
        #expect(XMLText.text(of: "Missing", in: element) == nil)
        #expect(XMLText.content(of: "Open", in: text[...]) == nil)
        // Cut anywhere it is no answer, and nothing worse.
        for end in text.indices {
            _ = XMLText.text(of: "SecretAccessKey", in: text[..<end])
        }
    }

    @Test func passwordsOfBothRegistries() throws {
        let token = Data("AWS:se:cret".utf8).base64EncodedString()
        let own =
            #"{"authorizationData":[{"authorizationToken":"\#(token)","expiresAt":1.420070400E9,"proxyEndpoint":"x"}]}"#
        let password = try #require(ECRPassword(answer: Array(own.utf8)))
        #expect(password.username == "AWS")
        #expect(password.password == "se:cret")
        #expect(password.expires == Timestamp(seconds: 1_420_070_400))
        let everyones = #"{"authorizationData":{"authorizationToken":"\#(token)","expiresAt":"2015-01-01"}}"#
        #expect(ECRPassword(answer: Array(everyones.utf8))?.password == "se:cret")
        #expect(ECRPassword(answer: Array(everyones.utf8))?.expires == nil)
        let bad = ["QVdT", "QVdTOg==", "OnB3", "!", Data("AWS:a\nb".utf8).base64EncodedString()]
        for token in bad {
            #expect(
                ECRPassword(
                    answer: Array(
                        own.replacing(
                            try Regex(#""authorizationToken":"[^"]*""#),
                            with: #""authorizationToken":"\#(token)""#
                        ).utf8
                    )
                ) == nil
            )
        }
        for end in own.utf8.indices.dropLast() {
            #expect(ECRPassword(answer: Array(own.utf8[..<end])) == nil)
        }
    }

    @Test func faultsInBothForms() {
        let json = AWSFault(
            Array(#"{"__type":"com.x#AccessDeniedException:http://y","Message":"no\nway"}"#.utf8),
            status: 400
        )
        #expect(json.code == "AccessDeniedException")
        #expect(json.detail == " (AccessDeniedException: no\\u{a}way)")
        #expect(json.remedy.contains("specman registry policy"))
        #expect(!json.mayPass)
        let xml = AWSFault(
            Array("<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>".utf8),
            status: 400
        )
        #expect(xml.code == "Throttling")
        #expect(xml.mayPass)
        #expect(AWSFault(Array("<html>".utf8), status: 403).detail == "")
        #expect(AWSFault([], status: 503).mayPass)
    }

    @Test func profilesOfAFile() {
        let text = """
            aws_access_key_id = nobody's
            # a comment
            [default]
            aws_access_key_id=A
             aws_secret_access_key = s=s+/
            ; another
            [ other ]
            AWS_ACCESS_KEY_ID = B
            aws_access_key_id = C
            nonsense
            """
        let profiles = SharedCredentialsFile.profiles(text)
        #expect(profiles["default"] == ["aws_access_key_id": "A", "aws_secret_access_key": "s=s+/"])
        #expect(profiles["other"] == ["aws_access_key_id": "C"])
        #expect(profiles.count == 2)
        #expect(SharedCredentialsFile.profiles(text.replacing("\n", with: "\r\n")) == profiles)
    }

    /// What is over when it comes is used for a while all the same, what is not said is believed for an hour.
    @Test func leases() {
        let now = Timestamp(seconds: 1_700_000_000)
        let begin = ContinuousClock.now
        func lease(_ seconds: Int64?) -> Lease<Int> {
            Lease(1, expires: seconds.map { Timestamp(seconds: $0) }, now: now, asked: begin)
        }
        for past in [0, 1_420_070_400, Int64.min, 1_700_000_000] {
            #expect(!lease(past).isStale(at: begin + .seconds(220)))
            #expect(lease(past).hasExpired(at: begin + .seconds(300)))
        }
        let half = lease(1_700_000_000 + 43_200)
        #expect(!half.isStale(at: begin + .seconds(43_200 - 901)))
        #expect(half.isStale(at: begin + .seconds(43_200 - 900)))
        #expect(!half.hasExpired(at: begin + .seconds(43_199)))
        #expect(!lease(nil).isStale(at: begin + .seconds(2000)))
        #expect(!lease(.max).isStale(at: begin + .seconds(86_400)))
    }
}
