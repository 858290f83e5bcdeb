import Content
import HTTP

extension FuzzTarget {
    /// A request's head, its target and the fields that are taken apart, and a body in chunks behind it.
    static let http = FuzzTarget(name: "http") { bytes in
        var whole = RequestParser()
        let result = whole.parse(bytes.span)
        var split = RequestParser()
        var last = RequestParser.Result.needMore
        for cut in cuts(in: bytes) + [bytes.count] where last == .needMore {
            last = split.parse(bytes.span.extracting(0..<cut))
        }
        // With fewer bytes a fault may not have come yet; once everything is there, the verdict is the same.
        try demand(last == result, "cut another way, the head reads otherwise")
        guard case .done(let head) = result else { return }
        try demand(head.count <= bytes.count, "the head is longer than the bytes")
        let request = head.request(from: bytes.span, body: [], peer: .local)
        try demand(request.fields.lines.count <= RequestParser.fieldLimit, "there are too many fields")
        for line in request.fields.lines {
            let text = line.name.utf8.elementsEqual(line.name.utf8.filter { $0 > 0x20 && $0 != 0x7F })
            try demand(
                text && !line.value.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D },
                "a field has a line break"
            )
        }
        try takeApart(request)
        try takeChunks(Array(bytes[head.count...]))
    }

    private static func takeApart(_ request: Request) throws {
        if let path = try? TargetPath(request.path) {
            for component in path.components {
                try demand(
                    !component.isEmpty && !component.contains(0) && !component.contains(UInt8(ascii: "/"))
                        && !component.elementsEqual(".".utf8) && !component.elementsEqual("..".utf8),
                    "a target has a component that is none"
                )
            }
            let location = path.encoded(asDirectory: true)
            try demand(location.hasPrefix("/") && !location.hasPrefix("//"), "a location names another host")
            let again = try? TargetPath(Array(location.utf8))
            try demand(again?.components == path.components, "a location leads elsewhere")
        }
        _ = QueryParameters(request.query)
        if let query = request.query { _ = PercentCoding.normalize(query: query) }
        for line in request.fields.lines {
            for size in [0, 1, 1000, Int64.max] {
                guard case .parts(let ranges) = RangeRequest(line.value).selection(of: size) else { continue }
                try demand((1...RangeRequest.partLimit).contains(ranges.count), "there are too many parts")
                for range in ranges {
                    let (end, overflow) = range.offset.addingReportingOverflow(range.count)
                    try demand(
                        range.offset >= 0 && range.count > 0 && !overflow && end <= size,
                        "a range leads outside"
                    )
                }
            }
            _ = EntityTagCondition(line.value)
            _ = ContentCoding.preference(line.value)
            _ = HTTPDate.parse(line.value, now: Timestamp(seconds: 1_700_000_000))
            let choice = AcceptNegotiation.choose(line.value, among: ["text/html", "application/json"])
            try demand((0..<2).contains(choice), "an offer is chosen that there isn't")
        }
        let facts = StoredFacts(
            entityTag: EntityTag(opaque: "x"),
            lastModified: Timestamp(seconds: 1_600_000_000),
            size: 100
        )
        _ = Preconditions.evaluate(
            method: request.method,
            fields: request.fields,
            stored: facts,
            now: Timestamp(seconds: 1_700_000_000)
        )
    }

    private static func takeChunks(_ bytes: [UInt8]) throws {
        let limit = 1000
        var whole = ChunkedDecoder()
        var body: [UInt8] = []
        let progress = whole.decode(bytes.span, into: &body, limit: limit)
        try demand(body.count <= limit, "a body is larger than its limit")
        var split = ChunkedDecoder()
        var other: [UInt8] = []
        var last = ChunkedDecoder.Progress.needMore
        for piece in pieces(of: bytes, cutAt: cuts(in: bytes)) where last == .needMore {
            last = split.decode(bytes.span.extracting(piece), into: &other, limit: limit)
            if case .done(let consumed) = last { last = .done(consumed: piece.lowerBound + consumed) }
        }
        try demand(last == progress, "cut another way, the chunks end otherwise")
        if case .done = progress { try demand(body == other, "cut another way, the body is another") }
    }
}
