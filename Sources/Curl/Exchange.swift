internal import CCurl

/// What libcurl's callbacks of one request work on: collects the head, hands out the body, keeps the first failure.
///
/// It lives on the stack of the transfer, on one thread; libcurl holds an unretained pointer to it for that long.
final class Exchange {
    private let request: TransferRequest
    private let headLimit: Int
    private let deliver: (TransferResponse, RawSpan) throws -> Void
    private let swallowsRedirects: Bool

    private(set) var response: TransferResponse?
    /// What ended the transfer from our side.
    private(set) var failure: (any Error)?
    private var status = 0
    private var fields: [(name: String, value: String)] = []
    private var headBytes = 0
    private var swallowed = 0
    private var sent: Int64 = 0

    /// A redirect's body is a line for people; more than this, in bytes, is somebody's mischief.
    private static let redirectBodyLimit = 1 << 20

    init(
        _ request: TransferRequest,
        headLimit: Int,
        swallowsRedirects: Bool,
        deliver: @escaping (TransferResponse, RawSpan) throws -> Void
    ) {
        self.request = request
        self.headLimit = headLimit
        self.swallowsRedirects = swallowsRedirects
        self.deliver = deliver
    }

    private var host: String { request.url.origin.description }

    /// One line of the head: status line, field, or the empty line behind them. Answers 1xx are followed by others.
    func head(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= headLimit else {
            failure = TransferError.headTooLarge(host: host, limit: headLimit)
            return false
        }
        // Trailers behind a body are of no interest.
        guard response == nil else { return true }
        let text = String(decoding: line, as: UTF8.self)
        let trimmed = text.utf8.last.map { $0 == 10 || $0 == 13 } ?? false ? Substring(text.dropLast()) : text[...]
        if trimmed.hasPrefix("HTTP/") {
            fields = []
            status = trimmed.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if trimmed.isEmpty {
            if status >= 200 { response = TransferResponse(status: status, fields: fields, url: request.url) }
        } else if let colon = trimmed.firstIndex(of: ":") {
            let value = trimmed[trimmed.index(after: colon)...]
            fields.append((String(trimmed[..<colon]), Self.withoutBlanks(value)))
        }
        return true
    }

    /// Some bytes of the body.
    func body(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let response else {
            failure = TransferError.badAnswer(host: host, reason: "a body without a header")
            return false
        }
        if swallowsRedirects, response.isRedirect {
            swallowed += bytes.count
            if swallowed <= Self.redirectBodyLimit { return true }
            failure = TransferError.bodyTooLarge(host: host, limit: Self.redirectBodyLimit)
            return false
        }
        do {
            try deliver(response, bytes.bytes)
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Fills `buffer` with the next bytes to send; `nil` where there is a failure.
    func next(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        do {
            let piece: [UInt8]
            switch request.body {
            case .none: return 0
            case .bytes(let bytes): piece = Array(bytes[Int(sent)...].prefix(buffer.count))
            case .reader(let size, let read):
                let limit = Int(min(Int64(buffer.count), size - sent))
                piece = limit > 0 ? try read(sent, limit) : []
                guard !piece.isEmpty || limit <= 0, piece.count <= limit else {
                    throw TransferError.badRequest(host: host, reason: "its body is shorter than was said")
                }
            }
            buffer.copyBytes(from: piece)
            sent += Int64(piece.count)
            return piece.count
        } catch {
            failure = error
            return nil
        }
    }

    /// Begins the body again at `offset`, as a connection that was made anew needs it.
    func seek(to offset: Int64) -> Bool {
        let size: Int64 =
            switch request.body {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .reader(let size, _): size
            }
        guard (0...size).contains(offset) else { return false }
        sent = offset
        return true
    }

    var isCancelled: Bool { request.isCancelled?() ?? false }

    private static func withoutBlanks(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = text.drop(while: isBlank)
        return String(start.reversed().drop(while: isBlank).reversed())
    }
}

extension TransferResponse {
    /// Whether this points elsewhere with a status that GET and HEAD may follow (RFC 9110 section 15.4).
    var isRedirect: Bool {
        [301, 302, 303, 307, 308].contains(status) && self["Location"] != nil
    }
}

extension EasyHandle {
    /// Points libcurl's callbacks at `exchange`, which must outlive the transfer.
    func connect(_ exchange: Exchange) {
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        _ = specman_curl_set_callback(raw, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let exchange = Exchange.at(context) else { return 0 }
            return exchange.head(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        set(CURLOPT_HEADERDATA, context)
        _ = specman_curl_set_callback(raw, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard size * count > 0 else { return 0 }
            guard let exchange = Exchange.at(context) else { return 0 }
            return exchange.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        set(CURLOPT_WRITEDATA, context)
        _ = specman_curl_set_callback(raw, CURLOPT_READFUNCTION) { buffer, size, count, context in
            let room = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
            return Exchange.at(context)?.next(into: room) ?? Int(CURL_READFUNC_ABORT)
        }
        set(CURLOPT_READDATA, context)
        _ = specman_curl_set_seek(raw) { context, offset, origin in
            // libcurl only ever asks with SEEK_SET, which is 0.
            guard origin == 0, let exchange = Exchange.at(context), exchange.seek(to: Int64(offset)) else {
                return CURL_SEEKFUNC_CANTSEEK
            }
            return CURL_SEEKFUNC_OK
        }
        set(CURLOPT_SEEKDATA, context)
        _ = specman_curl_set_progress(raw) { context, _, _, _, _ in
            Exchange.at(context)?.isCancelled ?? true ? 1 : 0
        }
        set(CURLOPT_XFERINFODATA, context)
        set(CURLOPT_NOPROGRESS, 0)
    }
}

extension Exchange {
    fileprivate static func at(_ context: UnsafeMutableRawPointer?) -> Exchange? {
        context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }
}
