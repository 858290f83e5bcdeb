package import Content
internal import Curl

/// Blobs.
extension DistributionClient {
    /// How often the transfer of one blob may be taken up again, whatever progress it makes in between: enough for a
    /// link that breaks every minute of the longest sync, not enough for a server that sends a byte at a time.
    static let mostResumptions = 100

    package func blob(
        _ descriptor: Descriptor,
        from offset: Int64,
        before deadline: Deadline,
        receive: (RawSpan) throws -> Void
    ) throws {
        let attempt = "downloading \(descriptor.digest) from \(location)"
        let call = Call(url: try url("blobs/\(descriptor.digest)"), attempt: attempt)
        var position = offset
        var patience = Patience(options.retry, deadline: deadline)
        // A server that can't answer for a part may still give the whole, whose beginning is dropped then.
        var asksForPart = true
        for _ in 0...Self.mostResumptions {
            guard position < descriptor.size else { return }
            try deadline.check(attempt)
            let begin = position
            let isPart = asksForPart && begin > 0
            var error: [UInt8] = []
            do {
                var body: BlobBody?
                let response = try transfers.perform(
                    isPart
                        ? Self.resuming(request(for: call, before: deadline, patience: &patience), from: begin)
                        : request(for: call, before: deadline, patience: &patience)
                ) { response, bytes in
                    guard response.status == 200 || response.status == 206 else {
                        if error.count + bytes.byteCount <= Manifest.limit { error.append(bytes) }
                        return
                    }
                    var part = try body ?? BlobBody(response, from: begin, of: descriptor, attempt: attempt)
                    try part.deliver(bytes, position: &position, receive: receive)
                    body = part
                }
                observed(response.url, response.status)
                guard try isFinal(response, body: error, of: call, patience: &patience) else { continue }
                switch response.status {
                case 200, 206:
                    if position >= descriptor.size { return }
                    // Closed without a length, or a resumption that a proxy cut short: the rest may still come.
                    if position > begin { patience.renew() }
                    try patience.waitOrThrow(incomplete(descriptor, position))
                case 416 where isPart: asksForPart = false
                case 404: throw RegistryError.noSuchBlob(descriptor.digest, location: "\(location)")
                default: throw failure(response, error, attempt: attempt)
                }
            } catch RegistryError.malformed where isPart && position == begin {
                asksForPart = false
            } catch let error as TransferError {
                if position > begin { patience.renew() }
                try again(after: error, attempt: attempt, patience: &patience)
            }
        }
        throw incomplete(descriptor, position)
    }

    private func incomplete(_ descriptor: Descriptor, _ position: Int64) -> RegistryError {
        .incomplete("the blob \(descriptor.digest) of \(location)", expected: descriptor.size, received: position)
    }

    private static func resuming(_ request: TransferRequest, from position: Int64) -> TransferRequest {
        var request = request
        request.fields.append(("Range", "bytes=\(position)-"))
        return request
    }
}

/// The body of one answer to a request for a blob, placed where it belongs in the blob.
private struct BlobBody {
    private let descriptor: Descriptor
    /// Bytes of a whole blob that were delivered before, and come again with an answer 200.
    private var skip: Int64

    /// - Throws: `RegistryError.malformed` for a part that is not the one asked for, `.sizeMismatch` for a body of a
    ///   length that is not the blob's.
    init(_ response: TransferResponse, from position: Int64, of descriptor: Descriptor, attempt: String) throws {
        self.descriptor = descriptor
        if response.status == 206 {
            let field = response["Content-Range"]
            guard let range = field.flatMap(ContentRange.init), range.first == position,
                range.last < descriptor.size, range.size == nil || range.size == descriptor.size
            else {
                throw RegistryError.malformed(
                    "the answer of \(response.url.origin) to \(attempt)",
                    reason: "bytes from \(position) on were asked for, it has \(JSON.printable(field ?? "no range"))"
                )
            }
            skip = 0
        } else {
            skip = position
            // What a proxy or a portal in between has to say, to a client that it takes for a browser.
            if response["Content-Type"].map(MediaType.essence) == "text/html", descriptor.mediaType != "text/html" {
                throw RegistryError.unexpectedStatus(
                    host: response.url.origin.description,
                    status: response.status,
                    attempt: attempt,
                    detail: " with a web page"
                )
            }
            if let length = response["Content-Length"].flatMap({ Int64($0) }), length != descriptor.size {
                throw RegistryError.sizeMismatch(
                    "the blob \(descriptor.digest)",
                    expected: descriptor.size,
                    actual: length
                )
            }
        }
    }

    mutating func deliver(
        _ bytes: RawSpan,
        position: inout Int64,
        receive: (RawSpan) throws -> Void
    ) throws {
        let dropped = min(skip, Int64(bytes.byteCount))
        skip -= dropped
        let fresh = bytes.extracting(droppingFirst: Int(dropped))
        guard fresh.byteCount > 0 else { return }
        guard Int64(fresh.byteCount) <= descriptor.size - position else {
            throw RegistryError.sizeMismatch(
                "the blob \(descriptor.digest)",
                expected: descriptor.size,
                actual: position + Int64(fresh.byteCount)
            )
        }
        try receive(fresh)
        position += Int64(fresh.byteCount)
    }
}

/// `bytes FIRST-LAST/SIZE`, the size `*` where it isn't known (RFC 9110 section 14.4).
struct ContentRange: Hashable {
    let first: Int64
    let last: Int64
    let size: Int64?

    init?(_ value: String) {
        let words = value.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]), first <= last else {
            return nil
        }
        let size = Self.number(parts[1])
        guard size != nil || parts[1] == "*", size.map({ last < $0 }) ?? true else { return nil }
        self.first = first
        self.last = last
        self.size = size
    }

    private static func number(_ text: Substring) -> Int64? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text)
    }
}
