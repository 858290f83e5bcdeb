import Content
import Store
import Testing

@testable import Serving

@Suite struct GzipFormsTests {
    private func digest(_ number: UInt8) throws -> Digest {
        try #require(Digest(bytes: [UInt8](repeating: number, count: 32)))
    }

    @Test func aFormIsMadeOnceAndTheLeastUsedGoesFirst() throws {
        var made: [UInt8] = []
        let sample = try GzipForms().form(of: digest(0)) { [UInt8](repeating: 7, count: 100_000) }
        let size = try #require(sample).bytes.count + 128
        let forms = GzipForms(budget: 2 * size)
        func ask(_ number: UInt8) throws {
            _ = try forms.form(of: digest(number)) {
                made.append(number)
                return [UInt8](repeating: 7, count: 100_000)
            }
        }
        try ask(1)
        try ask(2)
        try ask(1)
        #expect(made == [1, 2])
        // A third has no room: the second was used longest ago.
        try ask(3)
        try ask(1)
        #expect(made == [1, 2, 3])
        try ask(2)
        #expect(made == [1, 2, 3, 2])
    }

    @Test func whatIsNotWorthItIsNotTriedAgain() throws {
        let forms = GzipForms()
        var reads = 0
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for _ in 0..<3 {
            let form = try forms.form(of: digest(1)) {
                reads += 1
                return noise
            }
            #expect(form == nil)
        }
        #expect(reads == 1)
    }
}
