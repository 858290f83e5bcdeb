package import Content
internal import Curl

/// Referrers.
///
/// Specification: OCI distribution-spec, "Listing Referrers", "Referrers Tag Schema".
extension DistributionClient {
    package func referrers(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] {
        let attempt = "listing what refers to \(location)@\(digest)"
        var referrers: [Referrer] = []
        var visited: Set<TransferURL> = []
        var next: TransferURL? = try url("referrers/\(digest)")
        while let url = next, visited.count < ReferrersDocument.mostPages, visited.insert(url).inserted {
            let call = Call(
                url: url,
                fields: [("Accept", MediaType.imageIndex)],
                limit: Manifest.limit,
                attempt: attempt
            )
            let (response, body) = try send(call, before: deadline)
            switch response.status {
            case 200: break
            // The registry doesn't know the API: what refers to a manifest stands under a tag then.
            case 400, 404, 405, 406, 501: return try referrersByTag(of: digest, before: deadline)
            default: throw failure(response, body, attempt: attempt)
            }
            referrers += try JSON.decode(ReferrersDocument.self, from: body, name: "the answer to \(attempt)").referrers
            guard referrers.count < ReferrersDocument.most else { break }
            // A next page elsewhere isn't asked for, nor one whose field can't be understood.
            let target = try? LinkField.next(response.all("Link"))
            next = target.flatMap { url.resolving($0) }.flatMap { $0.origin == base.origin ? $0 : nil }
        }
        return referrers
    }

    private func referrersByTag(of digest: Digest, before deadline: Deadline) throws(RegistryError) -> [Referrer] {
        let tag = "sha256-\(digest.hex)"
        let attempt = "reading \(location):\(tag)"
        let call = Call(
            url: try url("manifests/\(tag)"),
            fields: [("Accept", MediaType.imageIndex)],
            limit: Manifest.limit,
            attempt: attempt
        )
        let (response, body) = try send(call, before: deadline)
        switch response.status {
        case 200: return try JSON.decode(ReferrersDocument.self, from: body, name: "\(location):\(tag)").referrers
        case 404: return []
        default: throw failure(response, body, attempt: attempt)
        }
    }
}
