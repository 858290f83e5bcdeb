internal import Curl
internal import Platform

/// Asks STS for the credentials of a role.
///
/// Specification: AWS Security Token Service API Reference, `AssumeRole` and `AssumeRoleWithWebIdentity`.
struct SecurityTokenService: Sendable {
    let client: AWSClient
    let region: AWSRegion

    private static let version = "2011-06-15"
    /// The largest token of a service account, in bytes: they have about 1 KiB.
    private static let tokenLimit = 64 << 10

    /// Credentials of `roleARN`, which `credentials` may assume.
    func assume(
        _ roleARN: String,
        externalID: String?,
        with credentials: AWSCredentials,
        before deadline: Deadline
    ) throws(RegistryError) -> AWSCredentials {
        var parameters = [("RoleArn", roleARN)]
        if let externalID { parameters.append(("ExternalId", externalID)) }
        return try call(
            "AssumeRole",
            parameters,
            signature: SignatureV4(credentials: credentials, region: region, service: AWSService.sts.signingName),
            attempt: "assuming the role \(JSON.printable(roleARN)) with \(credentials)",
            before: deadline
        )
    }

    /// Credentials of `roleARN` for whom the token in `file` is; it is read each time, as Kubernetes renews it.
    func assume(
        _ roleARN: String,
        withTokenIn file: String,
        before deadline: Deadline
    ) throws(RegistryError) -> AWSCredentials {
        let attempt = "assuming the role \(JSON.printable(roleARN)) with the service account's token"
        let token: String
        do throws(SystemError) {
            token = String(decoding: try WholeFile.read(file, limit: Self.tokenLimit), as: UTF8.self)
        } catch {
            throw .aws(
                attempt: attempt,
                reason: "\(file): \(error.reason); mount the token there, or correct AWS_WEB_IDENTITY_TOKEN_FILE"
            )
        }
        return try call(
            "AssumeRoleWithWebIdentity",
            [("RoleArn", roleARN), ("WebIdentityToken", String(token.filter { !$0.isWhitespace }))],
            signature: nil,
            attempt: attempt,
            before: deadline
        )
    }

    private func call(
        _ action: String,
        _ parameters: [(String, String)],
        signature: SignatureV4?,
        attempt: String,
        before deadline: Deadline
    ) throws(RegistryError) -> AWSCredentials {
        let session = client.environment["AWS_ROLE_SESSION_NAME"] ?? "specman"
        let form = [("Action", action), ("Version", Self.version), ("RoleSessionName", session)] + parameters
        let url = try client.url(of: .sts, in: region)
        let answer = try client.post(
            url,
            fields: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: Array(FormText.form(form).utf8),
            signature: signature,
            attempt: attempt,
            before: deadline
        )
        let text = String(decoding: answer, as: UTF8.self)
        guard let element = XMLText.content(of: "Credentials", in: text[...]),
            let id = XMLText.text(of: "AccessKeyId", in: element),
            let secret = XMLText.text(of: "SecretAccessKey", in: element),
            let token = XMLText.text(of: "SessionToken", in: element),
            let credentials = AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
        else {
            throw .aws(
                attempt: attempt,
                reason:
                    "the answer of \(url.origin) holds no credentials; check AWS_ENDPOINT_URL_STS and AWS_ENDPOINT_URL"
            )
        }
        return credentials
    }
}
