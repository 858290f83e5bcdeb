import Content
import Palette

extension ScarMigration.Step {
    /// The line that says so.
    func line(_ endpoint: ScarEndpoint, on host: String) -> String {
        switch self {
        case .set(let before):
            let change =
                before.isAt(endpoint)
                ? "was \(endpoint) and stays so" : "was \(before.shownEndpoint ?? "not set") and is now \(endpoint)"
            let user = before.username.map { "; its user \($0.printable) and their password are taken away" }
            return "the SCAR endpoint of \(host) \(change)\(user ?? "")"
        case .started(let job): return "started Palette's data job \(job)"
        }
    }
}

extension ScarMigration.Wait {
    /// What is shown meanwhile.
    var description: String {
        switch self {
        case .confirmation: "waiting for Palette to answer with the new endpoint"
        case .spread: "waiting for the change to spread in Palette"
        }
    }
}
