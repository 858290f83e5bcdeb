import Dispatch
import Synchronization
import Testing

@testable import Daemon

@Suite struct HandoverTests {
    private struct Fault: Error, Equatable {}

    /// Everything that one side puts in pieces of some size arrives on the other, in order.
    @Test(arguments: [1, 1000, Handover.bufferSize, Handover.bufferSize + 1, 3 * Handover.bufferSize])
    func bytesArriveInOrder(_ piece: Int) throws {
        let handover = Handover()
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
            received += buffer
            handover.giveBack(buffer)
        }
        #expect(received == sent)
    }

    /// Neither side sleeps for good while the other has something for it.
    @Test(.timeLimit(.minutes(1)), arguments: [1, 2, 3, 7, 12])
    func everyDepthIsEnough(_ depth: Int) throws {
        let handover = Handover(depth: depth)
        let count = 40
        DispatchQueue.global().async {
            do {
                for number in 0..<count {
                    try handover.put([UInt8](repeating: UInt8(number), count: Handover.bufferSize).span.bytes)
                }
                handover.finish()
            } catch {
                handover.fail(error)
            }
        }
        var seen: [UInt8] = []
        while let buffer = try handover.take() {
            seen += buffer.prefix(1)
            handover.giveBack(buffer)
        }
        #expect(seen == (0..<count).map { UInt8($0) })
    }

    @Test func aFailingReaderEndsTheWriter() {
        let handover = Handover()
        let ended = DispatchSemaphore(value: 0)
        let bytes = [UInt8](repeating: 1, count: Handover.bufferSize)
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
        let handover = Handover()
        try handover.put([1, 2, 3].span.bytes)
        handover.fail(Fault())
        #expect(throws: Fault.self) { try handover.take() }
        #expect(handover.failure is Fault)
    }

    @Test func nothingAtAllIsAnEnd() throws {
        let handover = Handover()
        handover.finish()
        #expect(try handover.take() == nil)
    }
}
