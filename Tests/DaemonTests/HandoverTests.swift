import Dispatch
import Synchronization
import Testing

@testable import Daemon

@Suite struct HandoverTests {
    private typealias Bytes = Handover<Never>
    private struct Fault: Error, Equatable {}
    private static let depth = 12
    private static let bufferSize = Bytes.Buffer.size

    /// Everything that one side puts in pieces of some size arrives on the other, in order.
    @Test(arguments: [1, 1000, bufferSize, bufferSize + 1, 3 * bufferSize])
    func bytesArriveInOrder(_ piece: Int) throws {
        let handover = Bytes(depth: Self.depth)
        let total = 6 << 20
        let bytes = (0..<total).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        // A piece of one byte only for the first few buffers' worth: what matters is the boundary, not the volume.
        let sent = piece == 1 ? Array(bytes.prefix(100)) : bytes
        DispatchQueue.global().async {
            do {
                for start in stride(from: 0, to: sent.count, by: piece) {
                    try handover.put(sent[start..<min(start + piece, sent.count)].span.bytes)
                }
                handover.finish()
            } catch {
                handover.fail(error)
            }
        }
        var received: [UInt8] = []
        while let buffer = try handover.take() {
            received += buffer.bytes
            handover.giveBack(buffer)
        }
        #expect(received == sent)
    }

    /// Neither side sleeps for good while the other has something for it.
    @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 3, 7, 12])
    func everyDepthIsEnough(_ depth: Int) throws {
        let handover = Bytes(depth: depth)
        let count = 40
        DispatchQueue.global().async {
            do {
                for number in 0..<count {
                    try handover.put([UInt8](repeating: UInt8(number), count: Self.bufferSize).span.bytes)
                }
                handover.finish()
            } catch {
                handover.fail(error)
            }
        }
        var seen: [UInt8] = []
        while let buffer = try handover.take() {
            seen += buffer.bytes.prefix(1)
            handover.giveBack(buffer)
        }
        #expect(seen == (0..<count).map { UInt8($0) })
    }

    @Test func aFailingReaderEndsTheWriter() {
        let handover = Bytes(depth: Self.depth)
        let ended = DispatchSemaphore(value: 0)
        let bytes = [UInt8](repeating: 1, count: Self.bufferSize)
        DispatchQueue.global().async {
            // Without the failure this would wait for good: nobody takes anything.
            #expect(throws: Fault.self) {
                while true { try handover.put(bytes.span.bytes) }
            }
            ended.signal()
        }
        handover.fail(Fault())
        ended.wait()
    }

    @Test func aFailingWriterEndsTheReader() throws {
        let handover = Bytes(depth: Self.depth)
        try handover.put([1, 2, 3].span.bytes)
        handover.fail(Fault())
        #expect(throws: Fault.self) { _ = try handover.take() }
        #expect(handover.failure is Fault)
    }

    @Test func nothingAtAllIsAnEnd() throws {
        let handover = Bytes(depth: Self.depth)
        handover.finish()
        #expect(try handover.take() == nil)
    }

    /// Marks arrive where they were put, and with nothing between them there can only be so many under way.
    @Test(.timeLimit(.minutes(1))) func marksKeepTheirPlaces() throws {
        let handover = Handover<Int>(depth: 3)
        let sent = (0..<1000).map { number in
            [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: number % 7 == 0 ? 0 : number * 13)
        }
        DispatchQueue.global().async {
            do {
                for (number, bytes) in sent.enumerated() {
                    try handover.put(bytes.span.bytes)
                    try handover.put(number)
                }
                handover.finish()
            } catch {
                handover.fail(error)
            }
        }
        var received: [[UInt8]] = []
        var open: [UInt8] = []
        while let buffer = try handover.take() {
            #expect(buffer.marks.count <= Handover<Int>.Buffer.mostMarks)
            var start = 0
            for (offset, mark) in buffer.marks {
                open += buffer.bytes[start..<offset]
                start = offset
                #expect(mark == received.count)
                received.append(open)
                open = []
            }
            open += buffer.bytes[start...]
            handover.giveBack(buffer)
        }
        #expect(received == sent)
        #expect(open.isEmpty)
    }

    /// Nobody can have any number of marks wait.
    @Test func marksTakeRoom() {
        let handover = Handover<Int>(depth: 2)
        let most = 2 * Handover<Int>.Buffer.mostMarks
        let isFull = DispatchSemaphore(value: 0)
        let ended = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            #expect(throws: Fault.self) {
                for number in 0..<most { try handover.put(number) }
                isFull.signal()
                try handover.put(most)
            }
            ended.signal()
        }
        isFull.wait()
        handover.fail(Fault())
        ended.wait()
    }
}
