internal import CPlatform
internal import Glibc

extension SystemError {
    /// Whether the name is taken already.
    package var isNameTaken: Bool { code == EEXIST }

    /// Whether the file system or the kernel can't do it with these arguments.
    package var isInvalid: Bool { code == EINVAL }

    /// Whether this process may not do it.
    package var isPermissionDenied: Bool { code == EACCES || code == EPERM }

    /// Whether the path leads through a link, or through something that is no directory.
    package var isThroughLink: Bool { code == ELOOP || code == ENOTDIR }

    /// Whether the file system can't give this file one more name: other file systems, no hard links there, too many.
    package var isLinkRefused: Bool {
        switch code {
        case EXDEV, EPERM, EACCES, EOPNOTSUPP, ENOSYS, EMLINK, ENOENT, ENOTDIR: true
        default: false
        }
    }

    /// Whether it can't for any file.
    package var isLinkUnsupported: Bool {
        code == EXDEV || code == EPERM || code == EOPNOTSUPP || code == ENOSYS
    }
}
