/// What a layer, or all layers of a release together, may unpack to (`storage.max…` of the configuration).
package struct ArchiveLimits: Hashable, Sendable {
    /// The most files and links, and, counted apart, the most directories.
    package var maxFiles: Int
    /// The largest file, in bytes.
    package var maxFileSize: Int64
    /// The most bytes in all files together.
    package var maxTotalSize: Int64
    /// The largest ratio of unpacked to compressed bytes, judged above ``ratioFloor``.
    package var maxRatio: Int64

    /// Below so many unpacked bytes no ratio is judged: small archives of like files compress very well, and do no harm.
    package static let ratioFloor: Int64 = 64 << 20

    package init(
        maxFiles: Int = 1_000_000,
        maxFileSize: Int64 = 4 << 30,
        maxTotalSize: Int64 = 10 << 30,
        maxRatio: Int64 = 200
    ) {
        self.maxFiles = maxFiles
        self.maxFileSize = maxFileSize
        self.maxTotalSize = maxTotalSize
        self.maxRatio = maxRatio
    }

    /// What stands around a file's bytes in a tar, at most, on average: a header, a PAX header with its records, padding.
    private static let bytesAroundEntry: Int64 = 4 * 512
    /// Zero padding after the end: GNU tar pads to 10 KiB by itself, tapes to more.
    private static let bytesAfterEnd: Int64 = 1 << 20

    /// The longest tar stream that can hold what these limits allow, in bytes: keeps headers without files bounded, too.
    var maxContentSize: Int64 {
        let (around, overflow) = Self.bytesAroundEntry.multipliedReportingOverflow(by: Int64(maxFiles))
        guard !overflow else { return .max }
        let (sum, sumOverflow) = around.addingReportingOverflow(Self.bytesAfterEnd)
        let (total, totalOverflow) = sum.addingReportingOverflow(maxTotalSize)
        return sumOverflow || totalOverflow ? .max : total
    }
}
