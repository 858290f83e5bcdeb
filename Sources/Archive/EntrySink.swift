package import Content

/// What takes the entries of an archive, in the archive's order, from one thread.
///
/// Paths are checked before they get here: relative, below the root, with every ancestor a directory or not seen yet;
/// no path is given as two kinds of thing. What is still up to the sink:
/// - Directories that have no entry of their own are to be made as needed. The root may be given as a directory.
/// - A path may be begun as a file again: the later file replaces the earlier one, as tar does it.
/// - Where a symbolic link leads is only checked as far as its text tells: it isn't absolute, and doesn't climb out of
///   the root by the `..` that it begins with.
package protocol EntrySink {
    /// A directory; may be given more than once.
    mutating func directory(_ path: ReleasePath, modified: Timestamp) throws
    /// The beginning of a regular file of `size` bytes; exactly as many follow through ``write(_:)``.
    mutating func beginFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws
    /// The next bytes of the file, never none; they are only there during the call.
    mutating func write(_ bytes: RawSpan) throws
    /// The end of the file.
    mutating func endFile() throws
    /// A symbolic link; `target` is not empty and holds no NUL.
    mutating func symbolicLink(_ path: ReleasePath, target: [UInt8], modified: Timestamp) throws
    /// Another name for the file `target`, which was given before and doesn't change any more.
    mutating func hardLink(_ path: ReleasePath, to target: ReleasePath) throws
}

/// A sink that has the content of some files already.
package protocol KnownFileSink: EntrySink {
    /// A regular file of `size` bytes, which are those that the sink has for the path since an earlier archive.
    mutating func knownFile(_ path: ReleasePath, size: Int64, modified: Timestamp) throws
}
