package import Content
internal import Curl

/// Tag lists.
extension DistributionClient {
    /// The most tags that are taken from one repository; the largest public ones have some ten thousand.
    static let mostTags = 100_000
    /// The most pages of a tag list; at the 1000 tags a page asked for, all that are taken fit ten times.
    static let mostPages = 1000
    /// The longest page, in bytes: 1000 tags of 128 bytes are 130 KiB, but a registry may ignore the page size.
    static let pageLimit = 16 << 20

    package func tags(before deadline: Deadline) throws(RegistryError) -> [Tag] {
        var tags: [Tag] = []
        var seen: Set<Tag> = []
        var visited: Set<TransferURL> = []
        var next: TransferURL? = try url("tags/list?n=1000")
        while let url = next {
            guard visited.insert(url).inserted else {
                throw .endlessTagList(location: "\(location)", reason: "a page comes back to an earlier one")
            }
            guard visited.count <= Self.mostPages else {
                throw .endlessTagList(location: "\(location)", reason: "it has more than \(Self.mostPages) pages")
            }
            let before = seen.count
            let page = try page(url, before: deadline)
            for tag in page.tags where seen.insert(tag).inserted { tags.append(tag) }
            guard tags.count <= Self.mostTags else {
                throw .endlessTagList(location: "\(location)", reason: "it has more than \(Self.mostTags) tags")
            }
            guard page.next == nil || seen.count > before else {
                throw .endlessTagList(location: "\(location)", reason: "a page brings nothing new but names a next one")
            }
            next = page.next
        }
        return tags
    }

    private struct TagList: Decodable {
        /// `null` where a repository was emptied.
        var tags: [String]?
    }

    private func page(
        _ url: TransferURL,
        before deadline: Deadline
    ) throws(RegistryError) -> (tags: [Tag], next: TransferURL?) {
        let attempt = "listing the tags of \(location)"
        let (response, body) = try send(Call(url: url, limit: Self.pageLimit, attempt: attempt), before: deadline)
        switch response.status {
        case 200: break
        case 404: throw .noSuchRepository(location: "\(location)")
        default: throw failure(response, body, attempt: attempt)
        }
        let name = "the tag list of \(location)"
        let list = try JSON.decode(TagList.self, from: body, name: name)
        // What is no tag by the grammar can't be asked for, and must not get into a path or a log.
        let tags = (list.tags ?? []).compactMap { Tag($0) }
        let target: String?
        do throws(LinkField.Fault) {
            target = try LinkField.next(response.all("Link"))
        } catch {
            throw .malformed(name, reason: "its Link field is malformed")
        }
        guard let target else { return (tags, nil) }
        guard let next = url.resolving(target), next.origin == base.origin else {
            throw .malformed(name, reason: "its next page is said to be on another host, which is not asked")
        }
        return (tags, next)
    }
}
