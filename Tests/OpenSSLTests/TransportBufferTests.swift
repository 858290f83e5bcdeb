import OpenSSL
import Testing

@Suite struct TransportBufferTests {
    @Test func takesInTheOrderOfAdding() {
        let buffer = TransportBuffer(capacity: 8)
        #expect(buffer.append([1, 2, 3, 4, 5]))
        buffer.take(2)
        #expect(buffer.contents == [3, 4, 5])
        #expect(buffer.room == 3)
        #expect(!buffer.append([6, 7, 8, 9]))
        #expect(buffer.contents == [3, 4, 5])
        buffer.compact()
        #expect(buffer.room == 5)
        #expect(buffer.append([6, 7, 8, 9, 10]))
        #expect(buffer.contents == [3, 4, 5, 6, 7, 8, 9, 10])
        buffer.take(8)
        #expect(buffer.isEmpty)
        #expect(buffer.room == 8)
    }

    @Test func neverLeavesItsMemory() {
        let buffer = TransportBuffer(capacity: 4)
        buffer.filled(100)
        #expect(buffer.count == 4)
        buffer.take(100)
        #expect(buffer.isEmpty)
    }
}
