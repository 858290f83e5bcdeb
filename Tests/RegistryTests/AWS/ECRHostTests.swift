import Curl
import Testing

@testable import Registry

/// Hosts of Amazon ECR, and where their APIs are.
struct ECRHostTests {
    private func api(_ text: String, _ environment: [String: String] = [:]) throws -> String {
        let host = try #require(ECRHost(text))
        let client = AWSClient(AWSEnvironment(environment), options: Fixture.options)
        let service: AWSService = host.kind == .publicGallery ? .ecrPublic : .ecr
        return try client.url(of: service, in: host.region, host).description
    }

    @Test(arguments: [
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com", "https://api.ecr.eu-central-1.amazonaws.com/"),
        ("123456789012.dkr.ecr.eu-central-1.amazonaws.com:443", "https://api.ecr.eu-central-1.amazonaws.com/"),
        ("123456789012.DKR.ecr.cn-north-1.amazonaws.com.cn", "https://api.ecr.cn-north-1.amazonaws.com.cn/"),
        ("123456789012.dkr.ecr.us-gov-west-1.amazonaws.com", "https://api.ecr.us-gov-west-1.amazonaws.com/"),
        ("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "https://ecr-fips.us-gov-west-1.amazonaws.com/"),
        ("123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "https://ecr-fips.us-east-1.amazonaws.com/"),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "https://ecr.eu-west-1.api.aws/"),
        ("123456789012.dkr-ecr-fips.us-east-2.on.aws", "https://ecr-fips.us-east-2.api.aws/"),
        (
            "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
            "https://ecr.cn-north-1.api.amazonwebservices.com.cn/"
        ),
        ("123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov", "https://api.ecr.us-iso-east-1.c2s.ic.gov/"),
        ("123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu", "https://api.ecr.eusc-de-east-1.amazonaws.eu/"),
        ("public.ecr.aws", "https://api.ecr-public.us-east-1.amazonaws.com/"),
        ("ecr-public.aws.com", "https://ecr-public.us-east-1.api.aws/"),
    ])
    func hostsAndTheirAPI(host: String, url: String) throws {
        #expect(try api(host) == url)
    }

    /// A password for AWS must not go to whoever calls himself much like it.
    @Test(arguments: [
        "registry.example.com", "123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com",
        "12345678901.dkr.ecr.eu-central-1.amazonaws.com", "123456789012.dkr.ecr.amazonaws.com",
        "123456789012.dkr.ecr.a.b.amazonaws.com", "123456789012.dkr.ecr.eu-central-1.amazonaws.com:5000",
        "x.public.ecr.aws", "dkr.ecr.eu-central-1.amazonaws.com", "123456789012.dkr.ecr..amazonaws.com",
        "123456789012.ecr.eu-central-1.amazonaws.com", "١٢٣٤٥٦٧٨٩٠١٢.dkr.ecr.eu-central-1.amazonaws.com",
    ])
    func othersAreNone(host: String) {
        #expect(ECRHost(host) == nil)
    }

    @Test func variablesNameOtherEndpoints() throws {
        let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
        #expect(try api(host, ["AWS_ENDPOINT_URL": "https://a.example/x"]) == "https://a.example/x")
        let both = ["AWS_ENDPOINT_URL": "https://a.example", "AWS_ENDPOINT_URL_ECR": "http://b.example:1"]
        #expect(try api(host, both) == "http://b.example:1/")
        #expect(try api("public.ecr.aws", both) == "https://a.example/")
        let ignored = both.merging(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]) { $1 }
        #expect(try api(host, ignored) == "https://api.ecr.eu-central-1.amazonaws.com/")
        #expect(try api(host, ["AWS_USE_FIPS_ENDPOINT": "true"]) == "https://ecr-fips.eu-central-1.amazonaws.com/")
        #expect(try api(host, ["AWS_USE_DUALSTACK_ENDPOINT": "true"]) == "https://ecr.eu-central-1.api.aws/")
        #expect(throws: RegistryError.self) { try api(host, ["AWS_ENDPOINT_URL_ECR": "localhost:4566"]) }
    }

    @Test(arguments: [
        ("eu-central-1", "https://sts.eu-central-1.amazonaws.com/"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/"),
    ])
    func theTokenServiceOfARegion(name: String, url: String) throws {
        let client = AWSClient(AWSEnvironment(), options: Fixture.options)
        #expect(try client.url(of: .sts, in: try #require(AWSRegion(name))).description == url)
    }

    @Test(arguments: ["", "-a", "a-", "eu.central", "eu central", "EU", "{{x}}"])
    func whatIsNoRegion(name: String) {
        #expect(AWSRegion(name) == nil)
    }
}
