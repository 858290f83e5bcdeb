internal import Content
internal import GRDB
internal import OpenSSL
package import Platform

/// Why something on the volume could not be done.
///
/// Each description is one line: what was attempted, on what, why it failed, and what to do.
package enum StoreError: Error, Hashable {
    /// Another process has the volume; its id where the lock file tells.
    case locked(volume: String, process: Int32?)
    /// A file system call failed.
    case failed(doing: String, cause: SystemError)
    /// The volume has no space, inodes or quota left.
    case outOfSpace(doing: String, path: String)
    /// Writing `needed` more bytes would leave less free than the reserve.
    case belowReserve(volume: String, needed: Int64, free: Int64, reserve: Int64)
    /// The index could not be read or written.
    case index(doing: String, reason: String)
    /// The index is no sound database; the next start rebuilds it from the releases.
    case corruptIndex(doing: String, reason: String)
    /// The artifact holds an entry that has no place in a release.
    case refused(entry: String, reason: Refusal)
    /// A file of a release is not what the index says.
    case damaged(release: String, path: String, reason: String)
    /// A file that a release shares with the one that is served can't be linked: its bytes are needed.
    case knownFileMissing(String)
    /// A digest could not be computed.
    case digest(doing: String, reason: String)
    /// The release is none of the volume's, or not any more.
    case noSuchRelease(String)
    /// An administrator holds another release; who, since when and why in `hold`.
    case held(release: String, hold: String)

    /// Why an entry is refused.
    package enum Refusal: String, Sendable {
        case linkLeavesRelease = "its target leads outside the release"
        case linkLoops = "its target leads back to itself"
        case linksTooInvolved = "it and the links before it lead through more directories than a release's links may"
        case linkTargetTooLong = "its target is empty, holds NUL or is too long"
        case throughLink = "its path leads through a link or a file"
        case nameTaken = "an entry of another kind has the same name"
        case rootIsNoDirectory = "the root can only be a directory"
        case noHardLinkTarget = "the file it is a hard link to is not in the artifact before it"
        case sizeDiffers = "it has not as many bytes as its header says"
    }

    /// Whether there was no room for something.
    package var isOutOfSpace: Bool {
        switch self {
        case .outOfSpace, .belowReserve: true
        default: false
        }
    }

    /// Takes a failed call, telling a full volume from others.
    init(doing: String, _ cause: SystemError) {
        self = cause.isOutOfSpace ? .outOfSpace(doing: doing, path: cause.subject) : .failed(doing: doing, cause: cause)
    }

    /// Takes what GRDB reports, telling a full volume and a broken index from others.
    init(doing: String, _ error: any Error) {
        guard let error = error as? DatabaseError else {
            // Nothing that was ever written there.
            if error is RowDecodingError {
                self = .corruptIndex(doing: doing, reason: "a value is of another type")
            } else {
                self = .index(doing: doing, reason: "\(error)")
            }
            return
        }
        let reason = error.message ?? "\(error.extendedResultCode)"
        switch error.resultCode {
        case .SQLITE_FULL: self = .outOfSpace(doing: doing, path: "index.sqlite")
        // A statement of ours that doesn't fit the schema: the database is somebody else's, or half of ours.
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR: self = .corruptIndex(doing: doing, reason: reason)
        default: self = .index(doing: doing, reason: reason)
        }
    }
}

extension StoreError {
    /// Does what may fail in several ways, and says what was being done where one of them happens.
    static func attempt<Value: ~Copyable>(
        _ doing: @autoclosure () -> String,
        _ body: () throws -> Value
    ) throws(StoreError) -> Value {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch let error as SystemError {
            throw StoreError(doing: doing(), error)
        } catch let error as OpenSSLError {
            throw .digest(doing: doing(), reason: "\(error)")
        } catch {
            throw StoreError(doing: doing(), error)
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .locked(let volume, let process):
            "can't use the volume \(volume): \(process.map { "process \($0)" } ?? "another process") has it;"
                + " stop that one or set another storage.directory"
        case .failed(let doing, let cause) where cause.isNotFound:
            "\(doing) failed: \(cause); check that the volume is mounted writable and owned by this user, and restart the"
                + " daemon where something of it was moved or removed"
        case .failed(let doing, let cause):
            "\(doing) failed: \(cause); check that the volume is mounted writable and owned by this user"
        case .outOfSpace(let doing, let path):
            "\(doing) failed: no space left on the volume (\(path));"
                + " enlarge it, or lower storage.retain or set storage.keepArchives to false"
        case .belowReserve(let volume, let needed, let free, let reserve):
            "writing \(ByteCount.format(needed)) to \(volume), where \(ByteCount.format(free)) are free, would leave less"
                + " than storage.reserve (\(ByteCount.format(reserve))); enlarge the volume, or lower storage.retain or"
                + " storage.reserve"
        case .knownFileMissing(let path):
            "linking \(path) from the release that is served failed: it is not there as the index has it, or can't be linked;"
                + " run specman verify"
        case .index(let doing, let reason):
            "\(doing) failed in index.sqlite: \(reason); check the volume's permissions and health, and restart the daemon"
                + " where that file is gone"
        case .corruptIndex(let doing, let reason):
            "\(doing) failed: index.sqlite is damaged (\(reason)); restart the daemon, which rebuilds it"
        case .refused(let entry, let reason):
            "entry \(entry) of the artifact is refused: \(reason.rawValue); pack it again without that entry"
        case .damaged(let release, let path, let reason):
            "\(path) of release \(release) is damaged: \(reason); run specman verify --repair"
        case .digest(let doing, let reason):
            "\(doing) failed: \(reason); check the OpenSSL installation and the memory limit"
        case .noSuchRelease(let name):
            "no release \(name) is on the volume; specman releases lists those that are"
        case .held(let release, let hold):
            "\(release) is held \(hold); specman resume follows the registry again"
        }
    }
}
