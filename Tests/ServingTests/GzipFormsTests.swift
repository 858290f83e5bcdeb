import Content
import Store
import Testing

@testable import Serving

@Suite struct GzipFormsTests {
    private struct Missing: Error {}

    /// A text that compresses well, another one for each number.
    private func content(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 100_000) }

    private func digest(_ number: UInt8) throws -> Digest { try ContentSum.digest(of: content(number)) }

    @Test func aFormIsMadeOnceAndTheLeastUsedGoesFirst() throws {
        var made: [UInt8] = []
        let sample = try GzipForms().form(of: digest(0)) { content(0) }
        guard case .form(let made0) = sample else { throw Missing() }
        let size = made0.bytes.count + 128
        let forms = GzipForms(budget: 2 * size)
        func ask(_ number: UInt8) throws {
            _ = try forms.form(of: digest(number)) {
                made.append(number)
                return content(number)
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
        let digest = try ContentSum.digest(of: noise)
        for _ in 0..<3 {
            let form = try forms.form(of: digest) {
                reads += 1
                return noise
            }
            guard case .nothing = form else { throw Missing() }
        }
        #expect(reads == 1)
    }

    /// A client that rules out the content as it is has the form made once, not with each request.
    @Test func whatSomebodyInsistsOnIsMadeOnce() throws {
        let forms = GzipForms()
        var reads = 0
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let digest = try ContentSum.digest(of: noise)
        func ask(always: Bool) throws -> GzipForms.Finding {
            try forms.form(of: digest, always: always) {
                reads += 1
                return noise
            }
        }
        for _ in 0..<3 {
            guard case .form = try ask(always: true) else { throw Missing() }
        }
        // Others are better off without it.
        guard case .nothing = try ask(always: false) else { throw Missing() }
        #expect(reads == 1)
    }

    /// No more than two at a time are made, so that large files asked for at once don't fill the memory.
    @Test func othersGoAsTheyAreWhileTwoAreMade() throws {
        let forms = GzipForms()
        let second = try digest(2)
        let third = try digest(3)
        let outer = try forms.form(of: digest(1)) { () throws(StoreError) in
            _ = try forms.form(of: second) { () throws(StoreError) in
                guard case .busy = try forms.form(of: third, content: { content(3) }) else { return nil }
                return content(2)
            }
            return content(1)
        }
        guard case .form = outer else { throw Missing() }
        guard case .form = try forms.form(of: digest(2), content: { nil }) else { throw Missing() }
        guard case .form = try forms.form(of: digest(3), content: { content(3) }) else { throw Missing() }
    }

    /// The form of a file that was changed on the disk would be given to whoever asks for the good one, for as long as it is
    /// kept.
    @Test func noneIsMadeOfAFileThatIsNotWhatItWas() throws {
        let forms = GzipForms()
        for always in [false, true] {
            guard case .nothing = try forms.form(of: digest(1), always: always, content: { content(2) }) else {
                throw Missing()
            }
        }
        guard case .form(let form) = try forms.form(of: digest(1), content: { content(1) }) else { throw Missing() }
        guard case .form(let known) = try forms.form(of: digest(1), content: { nil }) else { throw Missing() }
        #expect(known.bytes == form.bytes)
    }
}
