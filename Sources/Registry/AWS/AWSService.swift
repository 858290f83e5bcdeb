/// A service of AWS that is asked for something.
enum AWSService: Hashable, Sendable {
    /// Elastic Container Registry.
    case ecr
    /// The public gallery, which AWS has only once.
    case ecrPublic
    /// Security Token Service.
    case sts

    /// As it stands in what is signed.
    var signingName: String {
        switch self {
        case .ecr: "ecr"
        case .ecrPublic: "ecr-public"
        case .sts: "sts"
        }
    }

    var endpointVariable: String {
        switch self {
        case .ecr: "AWS_ENDPOINT_URL_ECR"
        case .ecrPublic: "AWS_ENDPOINT_URL_ECR_PUBLIC"
        case .sts: "AWS_ENDPOINT_URL_STS"
        }
    }

    /// The host where a region has the service.
    func host(in region: AWSRegion, isFIPS: Bool, isDualStack: Bool) -> String {
        let fips = isFIPS ? "-fips" : ""
        switch self {
        case .ecrPublic:
            return isDualStack ? "ecr-public.us-east-1.api.aws" : "api.ecr-public.us-east-1.amazonaws.com"
        case .ecr where isDualStack: return "ecr\(fips).\(region).\(region.dualStackSuffix)"
        case .ecr: return (isFIPS ? "ecr-fips" : "api.ecr") + ".\(region).\(region.suffix)"
        case .sts: return "sts\(fips).\(region).\(isDualStack ? region.dualStackSuffix : region.suffix)"
        }
    }
}
