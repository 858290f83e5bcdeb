import Content
import Foundation
import Testing

@testable import Registry

/// The policy that pulling needs.
struct PullPolicyTests {
    private func repository(_ host: String, _ name: String) throws -> Repository {
        try #require(Repository(host: host, name: name))
    }

    private func statements(_ repositories: Repository...) throws -> [[String: Any]] {
        let text = try PullPolicy.document(for: repositories)
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?["Version"] as? String == "2012-10-17")
        return try #require(object?["Statement"] as? [[String: Any]])
    }

    @Test func onlyTheRepositoryAndOnlyReading() throws {
        let found = try statements(
            repository("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "a/b"),
            repository("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", "a/b"),
            repository("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "a/b")
        )
        #expect(
            found.map { $0["Action"] as? [String] } == [
                ["ecr:GetAuthorizationToken"], ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:ListImages"],
            ]
        )
        #expect(found[0]["Resource"] as? [String] == ["*"])
        #expect(
            found[1]["Resource"] as? [String] == [
                "arn:aws:ecr:eu-central-1:123456789012:repository/a/b",
                "arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/a/b",
                "arn:aws-cn:ecr:cn-north-1:123456789012:repository/a/b",
            ]
        )
        #expect(found.allSatisfy { $0["Effect"] as? String == "Allow" })
    }

    @Test func thePublicGalleryAndOthers() throws {
        let found = try statements(repository("public.ecr.aws", "alias/x"))
        #expect(
            found.map { $0["Action"] as? [String] } == [
                ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]
            ]
        )
        #expect(throws: RegistryError.self) { try statements(repository("registry.example.com", "a/b")) }
    }
}
