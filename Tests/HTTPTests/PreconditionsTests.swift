import Content
import HTTP
import Testing

/// The whole matrix of RFC 9110 section 13.2.2, on a representation of 100 bytes with a strong tag and a date.
struct PreconditionsTests {
    private static let modified = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    private static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    struct Case: Sendable, CustomTestStringConvertible {
        let fields: [(String, String)]
        let get: PreconditionOutcome
        let head: PreconditionOutcome
        let other: PreconditionOutcome

        init(
            _ fields: [(String, String)],
            get: PreconditionOutcome,
            head: PreconditionOutcome,
            other: PreconditionOutcome
        ) {
            (self.fields, self.get, self.head, self.other) = (fields, get, head, other)
        }

        /// The same for every method.
        init(_ fields: [(String, String)], _ outcome: PreconditionOutcome) {
            self.init(fields, get: outcome, head: outcome, other: outcome)
        }

        var testDescription: String { fields.map { "\($0): \($1)" }.joined(separator: "; ") }
    }

    private static func evaluate(
        _ method: HTTP.Method,
        _ fields: [(String, String)],
        stored: StoredFacts = StoredFacts(
            entityTag: EntityTag(opaque: "abc"),
            lastModified: Timestamp(seconds: 784_111_777, nanoseconds: 5),
            size: 100
        )
    ) -> PreconditionOutcome {
        Preconditions.evaluate(
            method: method,
            fields: Fields(fields.map { Fields.Line(name: $0, value: $1) }),
            stored: stored,
            now: Timestamp(seconds: 1_733_488_994)
        )
    }

    private static func check(_ row: Case) {
        #expect(evaluate(.get, row.fields) == row.get, "GET \(row.testDescription)")
        #expect(evaluate(.head, row.fields) == row.head, "HEAD \(row.testDescription)")
        #expect(evaluate(.other("PUT"), row.fields) == row.other, "PUT \(row.testDescription)")
    }

    @Test(arguments: [
        Case([], .perform),
        // Step 1.
        Case([("If-Match", "\"abc\"")], .perform),
        Case([("if-match", "\"x\" , , \"abc\"")], .perform),
        Case([("If-Match", "\"x\""), ("If-Match", "\"abc\"")], .perform),
        Case([("If-Match", "*")], .perform),
        Case([("If-Match", "\"x\"")], .preconditionFailed),
        Case([("If-Match", "W/\"abc\"")], .preconditionFailed),
        Case([("If-Match", "abc")], .preconditionFailed),
        Case([("If-Match", "\"abc\", abc")], .preconditionFailed),
        Case([("If-Match", "")], .preconditionFailed),
        // Step 2, and that it is skipped where step 1 applies.
        Case([("If-Unmodified-Since", modified)], .perform),
        Case([("If-Unmodified-Since", after)], .perform),
        Case([("If-Unmodified-Since", before)], .preconditionFailed),
        Case([("If-Unmodified-Since", "yesterday")], .perform),
        Case([("If-Match", "\"abc\""), ("If-Unmodified-Since", before)], .perform),
        Case([("If-Match", "\"x\""), ("If-Unmodified-Since", after)], .preconditionFailed),
        // Step 3.
        Case([("If-None-Match", "\"x\"")], .perform),
        Case([("If-None-Match", "abc")], .perform),
        Case([("If-None-Match", "\"abc\"")], get: .notModified, head: .notModified, other: .preconditionFailed),
        Case([("If-None-Match", "\"x\",W/\"abc\"")], get: .notModified, head: .notModified, other: .preconditionFailed),
        Case([("If-None-Match", "*")], get: .notModified, head: .notModified, other: .preconditionFailed),
        // Step 4, for reading only, and that it is skipped where step 3 applies.
        Case([("If-Modified-Since", modified)], get: .notModified, head: .notModified, other: .perform),
        Case([("If-Modified-Since", after)], get: .notModified, head: .notModified, other: .perform),
        Case([("If-Modified-Since", before)], .perform),
        Case([("If-Modified-Since", "never")], .perform),
        Case([("If-Modified-Since", modified), ("If-Modified-Since", modified)], .perform),
        Case([("If-None-Match", "\"x\""), ("If-Modified-Since", after)], .perform),
        // Steps 1 and 2 come before 3 and 4.
        Case([("If-Match", "\"x\""), ("If-None-Match", "\"abc\"")], .preconditionFailed),
        Case(
            [("If-Match", "\"abc\""), ("If-None-Match", "\"abc\"")],
            get: .notModified,
            head: .notModified,
            other: .preconditionFailed
        ),
        Case([("If-Unmodified-Since", before), ("If-Modified-Since", after)], .preconditionFailed),
    ])
    func weighsConditionsInOrder(row: Case) {
        Self.check(row)
    }

    private static let part = PreconditionOutcome.partial([ByteRange(offset: 10, count: 10)])

    @Test(arguments: [
        Case([("Range", "bytes=10-19")], get: part, head: .perform, other: .perform),
        Case([("Range", "bytes=100-")], get: .rangeNotSatisfiable, head: .perform, other: .perform),
        Case([("Range", "bytes=0-0,2-2")], .perform),
        Case([("Range", "lines=1-2")], .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", "\"abc\"")], get: part, head: .perform, other: .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", modified)], get: part, head: .perform, other: .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", "\"x\"")], .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", "W/\"abc\"")], .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", "\"abc\", \"x\"")], .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", before)], .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", after)], .perform),
        Case([("Range", "bytes=10-19"), ("If-Range", "abc")], .perform),
        Case([("Range", "bytes=100-"), ("If-Range", "\"x\"")], .perform),
        Case([("If-Range", "\"x\"")], .perform),
        // The range comes last.
        Case(
            [("Range", "bytes=10-19"), ("If-None-Match", "\"abc\"")],
            get: .notModified,
            head: .notModified,
            other: .preconditionFailed
        ),
        Case([("Range", "bytes=100-"), ("If-Match", "\"x\"")], .preconditionFailed),
        Case([("Range", "bytes=10-19"), ("If-Match", "\"abc\"")], get: part, head: .perform, other: .perform),
        Case(
            [("Range", "bytes=10-19"), ("If-Unmodified-Since", modified)],
            get: part,
            head: .perform,
            other: .perform
        ),
        Case([("Range", "bytes=10-19"), ("If-None-Match", "\"x\"")], get: part, head: .perform, other: .perform),
    ])
    func weighsRangesLast(row: Case) {
        Self.check(row)
    }

    @Test func matchesNoTagWhereNoneIsStored() {
        let bare = StoredFacts(entityTag: nil, lastModified: nil, size: 100)
        #expect(Self.evaluate(.get, [("If-Match", "\"abc\"")], stored: bare) == .preconditionFailed)
        #expect(Self.evaluate(.get, [("If-Match", "*")], stored: bare) == .perform)
        #expect(Self.evaluate(.get, [("If-None-Match", "\"abc\"")], stored: bare) == .perform)
        #expect(Self.evaluate(.get, [("If-Modified-Since", Self.after)], stored: bare) == .perform)
        #expect(Self.evaluate(.get, [("If-Unmodified-Since", Self.before)], stored: bare) == .perform)
        #expect(Self.evaluate(.get, [("Range", "bytes=0-1"), ("If-Range", "\"abc\"")], stored: bare) == .perform)
        #expect(Self.evaluate(.get, [("Range", "bytes=0-1"), ("If-Range", Self.after)], stored: bare) == .perform)
    }

    @Test func neverMatchesAWeakTagStrongly() {
        let weak = StoredFacts(entityTag: EntityTag(opaque: "abc", isWeak: true), lastModified: nil, size: 100)
        #expect(Self.evaluate(.get, [("If-Match", "W/\"abc\"")], stored: weak) == .preconditionFailed)
        #expect(Self.evaluate(.get, [("If-Match", "\"abc\"")], stored: weak) == .preconditionFailed)
        #expect(Self.evaluate(.get, [("If-None-Match", "\"abc\"")], stored: weak) == .notModified)
        #expect(Self.evaluate(.get, [("Range", "bytes=0-1"), ("If-Range", "\"abc\"")], stored: weak) == .perform)
    }
}

struct EntityTagTests {
    @Test(arguments: ["\"\"", "\"abc\"", "W/\"abc\"", "\"a,b\"", "\"é\"", "\"a\\b\""])
    func readsWhatItWrites(text: String) {
        #expect(EntityTag(text)?.description == text)
    }

    @Test(arguments: [
        "", "\"", "abc", "w/\"abc\"", "W/abc", "\"a\"b\"", "\"a b\"", "\"a\u{7F}\"", "W/ \"a\"", " \"a\"",
    ])
    func refusesWhatIsNone(text: String) {
        #expect(EntityTag(text) == nil)
    }

    @Test func keepsCommasWithinATag() {
        #expect(
            EntityTagCondition("\"a,b\" , W/\"c\"")
                == .tags([EntityTag(opaque: "a,b"), EntityTag(opaque: "c", isWeak: true)])
        )
    }
}
