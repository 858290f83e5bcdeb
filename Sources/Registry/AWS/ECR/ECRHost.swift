/// What the host name of an Amazon ECR registry says of it.
///
/// Source: the host names of "Amazon ECR endpoints and quotas", and amazon-ecr-credential-helper's pattern for them.
package struct ECRHost: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// `ACCOUNT.dkr.ecr.REGION.amazonaws.com` and its forms for China, FIPS and IPv6.
        case account(String)
        /// `public.ecr.aws`.
        case publicGallery
    }

    package let kind: Kind
    package let region: AWSRegion
    /// Whether it is one of the hosts with FIPS 140 cryptography.
    let isFIPS: Bool
    /// Whether it is one of the hosts with IPv6 addresses, too.
    let isDualStack: Bool

    private static let publicHosts = ["public.ecr.aws": false, "ecr-public.aws.com": true]
    private static let dualStackSuffixes = ["on.aws", "on.amazonwebservices.com.cn"]
    private static let suffixes = [
        "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "sc2s.sgov.gov", "c2s.ic.gov", "cloud.adc-e.uk",
        "csp.hci.ic.gov",
    ]

    /// `nil` where the host is no registry of ECR's by its name.
    ///
    /// - Parameter host: with a port, where one was given: ECR has only the usual one.
    package init?(_ host: String) {
        var name = Substring(host.lowercased())
        if name.hasSuffix(":443") { name = name.dropLast(4) }
        if let isDualStack = Self.publicHosts[String(name)] {
            kind = .publicGallery
            region = .virginia
            isFIPS = false
            self.isDualStack = isDualStack
            return
        }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let account = labels.first, account.count == 12,
            account.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        // ACCOUNT.dkr.ecr.REGION.amazonaws.com, ACCOUNT.dkr-ecr.REGION.on.aws; with `-fips` behind `ecr`.
        var rest = labels.dropFirst()
        var service = rest.first.map(String.init) ?? ""
        if service == "dkr" {
            rest = rest.dropFirst()
            service = "dkr-" + (rest.first ?? "")
        }
        rest = rest.dropFirst()
        guard service == "dkr-ecr" || service == "dkr-ecr-fips",
            let region = rest.first.flatMap({ AWSRegion(String($0)) })
        else { return nil }
        let suffix = rest.dropFirst().joined(separator: ".")
        isDualStack = Self.dualStackSuffixes.contains(suffix)
        guard isDualStack || Self.suffixes.contains(suffix) else { return nil }
        kind = .account(String(account))
        self.region = region
        isFIPS = service == "dkr-ecr-fips"
    }
}
