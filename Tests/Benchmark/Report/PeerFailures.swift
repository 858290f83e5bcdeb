/// What peers failed at: their figures are left out, and the table says so at its end. A run of half an hour goes on where one
/// of them closes a connection; only what fails of the daemon's own ends it.
final class PeerFailures {
    private(set) var lines: [String] = []
    private let tell: (String) -> Void

    /// - Parameter tell: takes each as it happens.
    init(tell: @escaping (String) -> Void) { self.tell = tell }

    /// - Returns: what `work` gives; `nil` where it fails, and is a peer's.
    func attempt<Result>(_ what: String, _ server: String, _ work: () throws -> Result) throws -> Result? {
        do {
            return try work()
        } catch  where server != ServingRounds.own {
            let line = "\(what): \(server): \(error)"
            lines.append(line)
            tell(line)
            return nil
        }
    }
}
