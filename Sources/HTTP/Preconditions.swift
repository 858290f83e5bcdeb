package import Content

/// What is stored of a representation that conditions and ranges are measured against.
package struct StoredFacts: Hashable, Sendable {
    /// Strong where ranges are to be served under `If-Range`.
    package var entityTag: EntityTag?
    /// Counts in whole seconds, as the field does.
    package var lastModified: Timestamp?
    /// In bytes.
    package var size: Int64

    package init(entityTag: EntityTag?, lastModified: Timestamp?, size: Int64) {
        self.entityTag = entityTag
        self.lastModified = lastModified
        self.size = size
    }
}

/// What a request's conditions and range come to.
package enum PreconditionOutcome: Hashable, Sendable {
    /// The method is performed: 200.
    case perform
    /// 206 with these parts; never empty.
    case partial([ByteRange])
    /// 304
    case notModified
    /// 412
    case preconditionFailed
    /// 416
    case rangeNotSatisfiable
}

/// Weighs the conditions of a request in the order that RFC 9110 section 13.2.2 gives them.
package enum Preconditions {
    /// What `fields` ask for, on a representation that exists and would otherwise be answered with 200 (for any other
    /// answer conditions are not looked at: RFC 9110 section 13.2.1).
    ///
    /// - Parameters:
    ///   - method: conditions that save a transfer fail with 304 for GET and HEAD, with 412 for others; ranges are for
    ///     GET only (section 14.2).
    ///   - now: what dates with two digits of a year are measured against.
    package static func evaluate(
        method: Method,
        fields: Fields,
        stored: StoredFacts,
        now: Timestamp
    ) -> PreconditionOutcome {
        // Steps 1 and 2: does the client still know what it is about to change or to continue?
        if let value = fields["If-Match"] {
            guard EntityTagCondition(value).matchesStrongly(stored.entityTag) else { return .preconditionFailed }
        } else if let since = date(fields["If-Unmodified-Since"], now: now), let modified = stored.lastModified,
            modified.seconds > since.seconds
        {
            return .preconditionFailed
        }
        // Steps 3 and 4: does the client already have it?
        let isReading = method == .get || method == .head
        if let value = fields["If-None-Match"] {
            if EntityTagCondition(value).matchesWeakly(stored.entityTag) {
                return isReading ? .notModified : .preconditionFailed
            }
        } else if isReading, let since = date(fields["If-Modified-Since"], now: now),
            let modified = stored.lastModified, modified.seconds <= since.seconds
        {
            return .notModified
        }
        // Step 5: is the part asked for a part of what the client has the rest of?
        guard method == .get, let range = fields["Range"] else { return .perform }
        if let validator = fields["If-Range"], !isCurrent(validator, stored: stored, now: now) { return .perform }
        return switch RangeRequest(range).selection(of: stored.size) {
        case .whole: .perform
        case .parts(let parts): .partial(parts)
        case .unsatisfiable: .rangeNotSatisfiable
        }
    }

    /// Whether `If-Range` names what is stored: by a strong tag, or by the exact date (section 13.1.5).
    ///
    /// The date counts as a strong validator, as the volume gives a path whose content changed a later one (section
    /// 8.8.2.2).
    private static func isCurrent(_ validator: String, stored: StoredFacts, now: Timestamp) -> Bool {
        if let tag = EntityTag(validator) { return stored.entityTag.map { tag.matchesStrongly($0) } ?? false }
        guard let modified = stored.lastModified, let date = HTTPDate.parse(validator, now: now) else { return false }
        return date.seconds == modified.seconds
    }

    /// A date that is none is ignored (sections 13.1.3 and 13.1.4).
    private static func date(_ value: String?, now: Timestamp) -> Timestamp? {
        value.flatMap { HTTPDate.parse($0, now: now) }
    }
}
