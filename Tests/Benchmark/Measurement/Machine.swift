import Foundation
import TestSupport

/// Where and when it was measured.
struct Machine: Encodable {
    let processor: String
    let cores: Int
    let memoryGiB: Int
    let kernel: String
    let openssl: String
    let date: String
    let commit: String

    init() {
        func line(_ command: String) -> String {
            let output = try? Command.output("sh", ["-c", command])
            return output?.text.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        }
        processor = line("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1")
        cores = ProcessInfo.processInfo.activeProcessorCount
        memoryGiB = Int(ProcessInfo.processInfo.physicalMemory >> 30)
        kernel = line("uname -r")
        openssl = line("openssl version | cut -d' ' -f2")
        date = ISO8601DateFormatter().string(from: Date())
        // What isn't committed is said, or the figures would be another commit's.
        commit = line("git rev-parse --short HEAD; git diff --quiet HEAD || echo changed")
            .replacingOccurrences(of: "\n", with: ", ")
    }

    var summary: String {
        "\(date), commit \(commit); \(cores) cores (\(processor)), \(memoryGiB) GiB, Linux \(kernel), OpenSSL \(openssl)"
    }
}
