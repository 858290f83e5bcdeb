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
enum MemberRecognition {
    /// What a member holds is not kept where it is longer than this, in bytes: a hundred of them may wait at a time.
    private static let mostEntryBytes = 32 << 10
    /// In bytes, compressed: below it costs more to ask than to inflate, and there may be a million of them.
    private static let leastMember = 512

    /// Why a release has to be unpacked from the bytes alone.
    struct Failure: Error, CustomStringConvertible {
        var description = "what a part of the archive holds is not known as it should be"
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
            guard $0.byteCount >= leastMember else { return nil }
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

    /// What a sync has to be begun again for, without recognition, where it has failed with `error`; `nil` where that would
    /// come to the same. What is kept of members is no proof against an artifact.
    static func failure(behind error: any Error, of staging: Staging) -> Failure? {
        switch error {
        case let failure as Failure: failure
        case StoreError.knownFileMissing: Failure(description: "\(error)")
        case is ArchiveError, StoreError.refused: staging.hasKnownFiles ? Failure(description: "\(error)") : nil
        default: nil
        }
    }
}
