/// A job of Palette's that reads data from the SCAR anew.
package enum DataJob: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    /// The instance types of the clouds.
    case instanceTypes = "syncCloudInstanceTypesData"
    /// Their storage types.
    case storageTypes = "syncCloudStorageTypesData"

    /// Palette's name for it.
    package var description: String { rawValue }
}
