/// A region of AWS, by its name: `eu-central-1`.
package struct AWSRegion: Hashable, Sendable, CustomStringConvertible {
    package let name: String

    /// `nil` for what can't be part of a host name.
    package init?(_ name: String) {
        let isLabel = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        guard isLabel, !name.isEmpty, name.utf8.count <= 63, !name.hasPrefix("-"), !name.hasSuffix("-") else {
            return nil
        }
        self.name = name
    }

    private init(known name: String) {
        self.name = name
    }

    /// Where the services that AWS has only once are.
    static let virginia = AWSRegion(known: "us-east-1")

    package var description: String { name }

    /// What the region belongs to: accounts, names and hosts of one partition mean nothing in another.
    ///
    /// Source: botocore, `partitions.json`.
    private struct Partition {
        let prefix: String
        let name: String
        let suffix: String
        let dualStackSuffix: String
    }

    private static let partitions = [
        Partition(
            prefix: "cn-",
            name: "aws-cn",
            suffix: "amazonaws.com.cn",
            dualStackSuffix: "api.amazonwebservices.com.cn"
        ),
        Partition(prefix: "us-gov-", name: "aws-us-gov", suffix: "amazonaws.com", dualStackSuffix: "api.aws"),
        Partition(prefix: "us-isob-", name: "aws-iso-b", suffix: "sc2s.sgov.gov", dualStackSuffix: "api.aws.scloud"),
        Partition(
            prefix: "us-isof-",
            name: "aws-iso-f",
            suffix: "csp.hci.ic.gov",
            dualStackSuffix: "api.aws.hci.ic.gov"
        ),
        Partition(prefix: "us-iso-", name: "aws-iso", suffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov"),
        Partition(
            prefix: "eu-isoe-",
            name: "aws-iso-e",
            suffix: "cloud.adc-e.uk",
            dualStackSuffix: "api.cloud-aws.adc-e.uk"
        ),
        Partition(
            prefix: "eusc-",
            name: "aws-eusc",
            suffix: "amazonaws.eu",
            dualStackSuffix: "api.amazonwebservices.eu"
        ),
    ]

    private var own: Partition {
        Self.partitions.first { name.hasPrefix($0.prefix) }
            ?? Partition(prefix: "", name: "aws", suffix: "amazonaws.com", dualStackSuffix: "api.aws")
    }

    /// As it stands in the ARNs of the region: `aws`, `aws-cn`, `aws-us-gov`.
    package var partition: String { own.name }

    /// What the names of the region's services end with.
    var suffix: String { own.suffix }
    /// The same for names that have IPv6 addresses, too.
    var dualStackSuffix: String { own.dualStackSuffix }
}
