internal import HTTP
internal import OpenSSL
internal import Platform

/// Bodies that workers make while they are sent.
extension EventLoop {
    /// Has a worker make the next piece of a body, once everything before it has left.
    func makePiece(_ connection: Connection, _ source: any BodySource, isChunked: Bool) {
        guard flush(connection) else { return }
        connection.phase = .readingDisk
        // Until then the client has nothing to take.
        connection.window = nil
        deadlines[Int(connection.number)] = 0
        let number = connection.number
        let serial = connection.serial
        let inbox = inbox
        state.workers.run {
            let (bytes, isLast) = Self.nextPiece(of: source, isChunked: isChunked)
            inbox.post(.piece(number: number, serial: serial, bytes, isLast: isLast))
        }
    }

    /// Goes on with what a worker made; `nil` where it failed: only the end of the connection can say so.
    func goOnSending(_ connection: Connection, piece bytes: [UInt8]?, isLast: Bool) {
        guard let bytes else {
            connection.phase = .broken
            return
        }
        connection.phase = .sending
        if isLast { connection.sending?.source = nil }
        if !bytes.isEmpty { write(connection, bytes) }
        guard connection.phase == .sending else { return }
        count(bytes.count, of: connection)
        setDeadline(connection, timeouts.send)
        guard flush(connection) else { return }
        pump(connection)
        afterAnswer(connection)
    }

    /// `chunk-size CRLF chunk-data CRLF`, and `0 CRLF CRLF` at the end (RFC 9112 section 7.1).
    private static func nextPiece(of source: any BodySource, isChunked: Bool) -> (bytes: [UInt8]?, isLast: Bool) {
        do {
            let piece = try source.next()
            guard piece.count <= BodyPiece.limit else { return (nil, false) }
            guard isChunked else { return (piece, piece.isEmpty) }
            if piece.isEmpty { return (Array("0\r\n\r\n".utf8), true) }
            return (Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8), false)
        } catch {
            // The source has said why; nothing can be sent about it any more.
            return (nil, false)
        }
    }
}
