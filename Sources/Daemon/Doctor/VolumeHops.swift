internal import Content
internal import Platform

/// Whether the volume takes what is unpacked.
struct VolumeHops {
    let storage: Configuration.Storage

    /// How much is written to find out, in bytes: more than fits beside an inode.
    private static let trial = 64 << 10

    func run(_ examination: inout Examination) {
        let directory = examination.hop("volume", storage.directory, with: storage.directory) { wanted in
            let directory = Self.existing(wanted)
            let isThere = directory == wanted
            do throws(SystemError) {
                try WriteProbe.write(Self.trial, in: directory)
            } catch {
                throw Self.fault(error, prefix: isThere ? "" : "it isn't there, and can't be made in \(directory): ")
            }
            let trial = "\(ByteCount.format(Int64(Self.trial))) written, synced and removed"
            return (
                isThere ? "takes files (\(trial))" : "is made at the start: \(directory) takes files (\(trial))",
                directory
            )
        }
        examination.hop("space", storage.directory, with: directory) { directory in
            let free: Int64
            do throws(SystemError) {
                free = try Directory(directory).freeSpace()
            } catch {
                throw Self.fault(error)
            }
            let text =
                "\(ByteCount.format(free)) free, \(ByteCount.format(storage.reserve)) of it to stay so (storage.reserve)"
            guard free > storage.reserve else {
                throw DoctorFault(
                    "\(ByteCount.format(free)) free, and storage.reserve is \(ByteCount.format(storage.reserve))",
                    "make room on the volume or enlarge it; storage.retain says how many releases are kept"
                )
            }
            return (text, ())
        }
    }

    /// The volume's directory, or the one above it in which the daemon would make it.
    private static func existing(_ directory: String) -> String {
        var path = directory
        while !WholeFile.exists(path) {
            path = WholeFile.directory(of: path)
        }
        return path
    }

    private static func fault(_ error: SystemError, prefix: String = "") -> DoctorFault {
        if error.isOutOfSpace {
            return DoctorFault("\(prefix)\(error)", "make room on the volume, or enlarge it")
        }
        return DoctorFault(
            "\(prefix)\(error)",
            "give this user (\(ProcessFacts.user)) the directory, check that the volume is mounted and not read-only"
        )
    }
}
