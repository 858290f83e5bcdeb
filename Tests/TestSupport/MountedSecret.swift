import Foundation

/// A directory as Kubernetes mounts a Secret or a ConfigMap: each file a link through `..data`, which is swapped.
package final class MountedSecret: Sendable {
    private let directory: TemporaryDirectory
    package let path: String

    package init(_ values: [String: String]) throws {
        directory = try TemporaryDirectory()
        path = directory.appending("mounted")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try replace(with: values)
    }

    /// The path of a value.
    package func file(_ name: String) -> String { path + "/" + name }

    /// Swaps all values at once, as kubelet's atomic writer does.
    package func replace(with values: [String: String]) throws {
        let manager = FileManager.default
        let version = "..version-" + UUID().uuidString
        try manager.createDirectory(atPath: file(version), withIntermediateDirectories: false)
        for (name, value) in values {
            try value.write(toFile: file(version) + "/" + name, atomically: false, encoding: .utf8)
        }
        let old = try? manager.destinationOfSymbolicLink(atPath: file("..data"))  // The first time there is none.
        try manager.createSymbolicLink(atPath: file("..data_tmp"), withDestinationPath: version)
        guard rename(file("..data_tmp"), file("..data")) == 0 else {
            throw Command.Failure(description: "can't swap \(file("..data")): errno \(errno)")
        }
        for name in values.keys where (try? manager.destinationOfSymbolicLink(atPath: file(name))) == nil {
            try manager.createSymbolicLink(atPath: file(name), withDestinationPath: "..data/" + name)
        }
        guard let old else { return }
        for name in try manager.contentsOfDirectory(atPath: file(old)) where values[name] == nil {
            try manager.removeItem(atPath: file(name))
        }
        try manager.removeItem(atPath: file(old))
    }
}
