import HTTP
import Serving
import Store
import Testing

/// Answers while releases come and go.
struct PublicationTests {
    @Test func neverSaysNotModifiedAcrossAChange() throws {
        let fixture = try SiteFixture()
        // Both archives have the same time for the file, as archives unpacked over and over do.
        try fixture.publish("1.0.0", fill: "01", ["a": "one\n", "b": "same\n"])
        let first = fixture.answer(.get, "/a")
        let date = try #require(first.fields["Last-Modified"])
        let tag = try #require(first.fields["ETag"])
        try fixture.publish("2.0.0", fill: "02", ["a": "two\n", "b": "same\n"])
        #expect(fixture.answer(.get, "/a", ["If-Modified-Since": date]).status == .ok)
        #expect(fixture.answer(.get, "/a", ["If-None-Match": tag]).status == .ok)
        #expect(fixture.answer(.get, "/a", ["If-Range": date, "Range": "bytes=0-0"]).status == .ok)
        #expect(fixture.answer(.get, "/a", ["If-Unmodified-Since": date]).status == .preconditionFailed)
        #expect(fixture.answer(.get, "/b", ["If-Modified-Since": date]).status == .notModified)
    }

    @Test func neverMixesReleasesNorFailsWhileTheyChange() async throws {
        let fixture = try SiteFixture()
        try fixture.publish("0.0.0", fill: "00", ["a": "0.0.0\n"])
        let site = fixture.site
        let done = Counter()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    var count = 0
                    while count == 0 || done.value == 0 {
                        let answer = site.answer(to: Request(.get, "/a"))
                        let tag = try #require(answer.fields["Specman-Release"]?.split(separator: "@").first)
                        #expect(answer.status == .ok)
                        #expect(try answer.content() == Array("\(tag)\n".utf8))
                        count += 1
                    }
                    return count
                }
            }
            defer { done.increment() }
            // More than are retained, so that releases are also taken away.
            for number in 1...5 {
                try fixture.publish("0.0.\(number)", fill: "0\(number)", ["a": "0.0.\(number)\n"])
            }
            done.increment()
            for try await count in group { #expect(count > 0) }
        }
        #expect(try fixture.answer(.get, "/a").content() == Array("0.0.5\n".utf8))
    }
}
