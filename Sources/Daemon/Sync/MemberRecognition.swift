internal import Archive
internal import Content
internal import OpenSSL
internal import Store

/// What the stage that inflates tells the one that unpacks, between the bytes.
enum MemberMark: Sendable {
    /// A member of the gzip begins.
    case begin
    /// The member that was begun last ends, which has this digest.
    case end(Digest)
    /// In this place stood a member that the release that is served had as well, and what that holds.
    case known(Digest, entries: [UInt8])
}

/// Recognizes the members of a gzip that the release before had, too: their files are linked, not inflated and hashed
/// another time.
///
/// A member is known by the SHA-256 of its compressed bytes, and what it holds from when those were last inflated.
struct MemberRecognition {
    /// What a member holds is not kept where it is longer than this, in bytes: a few of them wait at a time.
    static let mostEntryBytes = 256 << 10

    /// Why a release has to be unpacked from the bytes alone.
    struct Failure: Error, CustomStringConvertible {
        let description = "what a part of the archive holds is not known as it should be"
    }

    private final class Current {
        var digest: Digest?
    }

    /// - Parameters:
    ///   - staging: whom to ask; `nil` has every member inflated.
    ///   - put: takes the marks, in their places between the bytes.
    static func handlers(
        asking staging: Staging?,
        put: @escaping (MemberMark) throws -> Void
    ) -> MemberHandlers {
        let current = Current()
        return MemberHandlers {
            current.digest = nil
            guard let digest = Digest(bytes: try SHA256.sum(of: $0)) else { return nil }
            if let entries = try staging?.member(digest), let size = MemberEntries.contentSize(of: entries) {
                try put(.known(digest, entries: entries))
                return size
            }
            current.digest = digest
            try put(.begin)
            return nil
        } ended: {
            if let digest = current.digest { try put(.end(digest)) }
        }
    }

    /// Does what a mark says.
    static func follow(
        _ mark: MemberMark,
        _ reader: inout EntryReader,
        into sink: inout EntryStager
    ) throws {
        switch mark {
        case .begin: reader.beginMember()
        case .end(let digest):
            guard let entries = reader.endMember()?.encoded, entries.count <= mostEntryBytes else { return }
            sink.staging.remember(digest, entries)
        case .known(let digest, let entries):
            guard let member = MemberEntries(encoded: entries), try reader.replay(member, into: &sink) else {
                throw Failure()
            }
            sink.staging.remember(digest, entries)
        }
    }

    /// Whether a sync that failed with `error` may go well where no member is recognized.
    static func mayBeToBlame(for error: any Error) -> Bool {
        if case StoreError.knownFileMissing = error { return true }
        return error is Failure
    }
}
