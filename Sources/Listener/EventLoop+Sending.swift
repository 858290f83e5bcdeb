internal import HTTP
internal import OpenSSL
internal import Platform

/// The way out: from an answer to the socket.
extension EventLoop {
    /// Output buffers kept for the next slow client.
    private static let spareLimit = 8
    /// In bytes: what waits for a slow client is copied up to this size; beyond, it keeps the buffer.
    private static let copyLimit = 64 << 10

    /// Begins an answer; ends it, too, where it is small and the connection stays.
    func respond(_ connection: Connection, _ ready: ReadyAnswer) {
        ready.setDate(date)
        connection.status = ready.status
        if let logged = connection.logged { note(ready, in: logged) }
        // Without chunks only the end of the connection can say where the body ends (RFC 9112 section 6.3).
        if ready.source != nil, !ready.isChunked { connection.keepsAlive = false }
        if connection.keepsAlive, !connection.announcesKeepAlive, ready.parts.isEmpty, ready.source == nil,
            connection.unsent == nil, held < state.bufferShare,
            ciphertextBound(connection, ready.count) <= transport.output.room
        {
            guard write(connection, ready) else { return }
            count(ready.count, of: connection)
            return finishAnswer(connection)
        }
        let option: String? =
            if connection.keepsAlive { connection.announcesKeepAlive ? "keep-alive" : nil } else { "close" }
        connection.sending = Sending(ready, connection: option)
        if !ready.isKept { hold(connection, ready.count) }
        connection.phase = .sending
        pump(connection)
    }

    /// Goes on when the socket takes more.
    func goOnSending(_ connection: Connection) {
        if let unsent = connection.unsent {
            guard sendUnsent(connection, unsent) else { return }
            giveBack(connection)
        }
        switch connection.phase {
        case .sending:
            pump(connection)
            afterAnswer(connection)
        case .closing:
            finishClosing(connection)
        case .handshaking, .readingHead, .readingBody:
            connection.window = nil
            // Not before it could read `100 Continue`.
            if connection.incomplete?.body.isEmpty == true { connection.incomplete?.begun = now }
            setDeadline(connection, patience(connection))
            setInterest(connection, .readable)
            resume(connection)
        case .deciding, .readingDisk:
            // Nothing to send until the worker is done.
            setInterest(connection, [])
        case .lingering:
            setInterest(connection, .readable)
        case .broken:
            break
        }
    }

    /// Goes on with what a worker read; `nil` where the file could not be read or ended early.
    func goOnSending(_ connection: Connection, fromDisk bytes: [UInt8]?) {
        guard let bytes, !bytes.isEmpty, var sending = connection.sending else {
            connection.phase = .broken
            return
        }
        connection.phase = .sending
        write(connection, bytes)
        sending.tookFile(bytes.count)
        connection.sending = sending
        count(bytes.count, of: connection)
        guard flush(connection) else { return }
        pump(connection)
        afterAnswer(connection)
    }

    /// After an answer that was not given on the spot: requests may wait behind it for which no event will come.
    func afterAnswer(_ connection: Connection) {
        guard connection.phase == .readingHead, connection.unsent == nil else { return }
        setInterest(connection, .readable)
        resume(connection)
    }

    /// Sends of the current answer what the socket and the turn allow.
    func pump(_ connection: Connection) {
        var turn = 0
        while connection.phase == .sending, connection.unsent == nil, let sending = connection.sending {
            if sending.isAtEnd {
                if let source = sending.source { return makePiece(connection, source, isChunked: sending.isChunked) }
                connection.sending = nil
                return finishAnswer(connection)
            }
            if turn >= turnAllowance {
                // The others first. The socket takes more, so that the next turn begins at once.
                awaitTaking(connection)
                return setInterest(connection, .writable)
            }
            guard flush(connection, makingRoom: ciphertextBound(connection, Self.chunkSize)),
                let count = fill(connection, sending)
            else { return }
            turn += count
            // The buffer's bytes stay until they are encrypted.
            guard unsafe write(connection, chunk.readable) else { return }
            self.count(count, of: connection)
            // The last part leaves with what is behind it.
            if connection.sending?.isAtEnd == true { continue }
            flush(connection)
        }
    }

    /// Fills the loop's buffer with the next part of the answer: how many bytes, `nil` where it must wait or failed.
    private func fill(_ connection: Connection, _ current: Sending) -> Int? {
        var sending = current
        chunk.clear()
        let size = min(chunkAllowance, turnAllowance)
        while chunk.count < size, sending.moveOn() {
            let inline = min(sending.bytes.count - sending.offset, size - chunk.count)
            if inline > 0 {
                // Copied within the array's bounds.
                unsafe sending.bytes.withUnsafeBytes { bytes in
                    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[sending.offset..<sending.offset + inline])
                    _ = unsafe chunk.append(part)
                }
                sending.offset += inline
                continue
            }
            guard let file = sending.file else { break }
            let wanted = Int(min(Int64(size - chunk.count), sending.fileRemaining))
            do throws(SystemError) {
                // The kernel writes within the buffer, whose memory lives as long as the loop.
                let part = unsafe UnsafeMutableRawBufferPointer(rebasing: chunk.writable[..<wanted])
                let count = unsafe try file.readCached(into: part, at: sending.fileOffset)
                if let count, count > 0 {
                    chunk.filled(count)
                    sending.tookFile(count)
                    continue
                }
                if count == 0 {
                    // Cut short since its size was announced: only the end of the connection can say so.
                    connection.phase = .broken
                    return nil
                }
            } catch {
                connection.phase = .broken
                return nil
            }
            if chunk.isEmpty {
                connection.sending = sending
                readFromDisk(connection, file, at: sending.fileOffset, count: wanted)
                return nil
            }
            break
        }
        connection.sending = sending
        return chunk.count
    }

    /// Has a worker read the next part of a file, as the disk is needed for it.
    private func readFromDisk(_ connection: Connection, _ file: SharedFile, at offset: Int64, count: Int) {
        guard flush(connection) else { return }
        connection.phase = .readingDisk
        // Until then the client has nothing to take.
        connection.window = nil
        deadlines[Int(connection.number)] = 0
        let number = connection.number
        let serial = connection.serial
        let inbox = inbox
        state.workers.run {
            let bytes = ReadyAnswer.read(file, offset: offset, count: count)
            inbox.post(.chunk(number: number, serial: serial, bytes))
        }
    }

    /// Counts an answer that is complete, and makes the connection ready for the next request or closes it.
    private func finishAnswer(_ connection: Connection) {
        let duration = MonotonicClock.nanoseconds &- connection.requestStart
        statistics.count(method: connection.method, code: connection.status, nanoseconds: duration)
        if connection.logged != nil { log(connection, isComplete: true) }
        connection.window = nil
        if connection.reserved > 0 { release(connection) }
        if connection.keepsAlive {
            connection.phase = .readingHead
            setDeadline(connection, timeouts.idle)
        } else {
            // What the client sends while the answer is on its way (RFC 9112 section 9.6), be it a blank line or its own
            // goodbye, would have the kernel drop the rest of it.
            connection.lingers = true
            startClosing(connection)
        }
    }

    /// Counts bytes of an answer that were handed to the socket.
    func count(_ bytes: Int, of connection: Connection) {
        statistics.responseBytes.add(UInt64(bytes))
        if let logged = connection.logged { logged.bytes += bytes }
    }

    // MARK: Bytes

    private func write(_ connection: Connection, _ ready: ReadyAnswer) -> Bool {
        // The array's bytes stay until they are encrypted or copied.
        unsafe ready.withBytes { unsafe write(connection, $0) }
    }

    /// Writes bytes for which there is room.
    func write(_ connection: Connection, _ bytes: [UInt8]) {
        guard flush(connection, makingRoom: ciphertextBound(connection, bytes.count)) else { return }
        // The array's bytes stay until they are encrypted or copied.
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe write(connection, bytes)
        }
    }

    /// Encrypts `bytes` into the output, or copies them there; whether it worked.
    private func write(_ connection: Connection, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let isWritten =
            if connection.isSecure {
                unsafe connection.session?.write(bytes) ?? false
            } else {
                unsafe transport.output.append(bytes)
            }
        if !isWritten { connection.phase = .broken }
        return isWritten
    }

    /// In bytes: what `count` bytes for a client take of the output at most.
    private func ciphertextBound(_ connection: Connection, _ count: Int) -> Int {
        connection.session?.ciphertextBound(count) ?? count
    }

    /// Sends the output where there is less than `room` left in it; whether there is room now.
    private func flush(_ connection: Connection, makingRoom room: Int) -> Bool {
        transport.output.room >= room || flush(connection)
    }

    /// Sends all output in one call; whether the socket took it. What it did not take waits with the connection.
    @discardableResult
    func flush(_ connection: Connection) -> Bool {
        let output = transport.output
        guard !output.isEmpty else { return connection.unsent == nil }
        if let unsent = connection.unsent {
            // Behind what waits already; never ahead of it.
            let all = TransportBuffer(capacity: unsent.count + output.count)
            held += all.capacity
            // Copied within the bounds of all three.
            _ = unsafe all.append(unsent.readable)
            _ = unsafe all.append(output.readable)
            output.clear()
            giveBack(connection)
            connection.unsent = all
            return false
        }
        // The buffer's bytes stay until the kernel has copied them.
        switch unsafe Socket.send(connection.number, output.readable) {
        case .bytes(let count) where count == output.count:
            connection.sent &+= UInt64(count)
            output.clear()
            return true
        case .bytes(let count):
            connection.sent &+= UInt64(count)
            output.take(count)
        case .blocked:
            break
        case .failed:
            output.clear()
            connection.phase = .broken
            return false
        }
        keep(output, for: connection)
        setInterest(connection, .writable)
        awaitTaking(connection)
        return false
    }

    /// Leaves unsent output with its connection.
    private func keep(_ output: TransportBuffer, for connection: Connection) {
        if output.count <= Self.copyLimit {
            let copy = TransportBuffer(capacity: output.count)
            // Copied within the bounds of both.
            _ = unsafe copy.append(output.readable)
            connection.unsent = copy
            output.clear()
        } else {
            let spare = spareOutputs.popLast() ?? TransportBuffer(capacity: Self.outputSize)
            output.swap(with: spare)
            connection.unsent = spare
        }
        held += connection.unsent?.capacity ?? 0
    }

    /// Sends what waits with a connection; whether all of it is gone.
    private func sendUnsent(_ connection: Connection, _ unsent: TransportBuffer) -> Bool {
        // The buffer's bytes stay until the kernel has copied them.
        switch unsafe Socket.send(connection.number, unsent.readable) {
        case .bytes(let count):
            connection.sent &+= UInt64(count)
            unsent.take(count)
            if unsent.isEmpty { return true }
        case .blocked:
            break
        case .failed:
            connection.phase = .broken
        }
        return false
    }

    /// Takes back the buffer that a connection held.
    func giveBack(_ connection: Connection) {
        guard let unsent = connection.unsent else { return }
        connection.unsent = nil
        held -= unsent.capacity
        guard unsent.capacity == Self.outputSize else { return }
        unsent.clear()
        if spareOutputs.count < Self.spareLimit { spareOutputs.append(unsent) }
    }
}
