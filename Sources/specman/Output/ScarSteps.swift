import Palette

extension ScarMigration.Step {
    /// The line that says so.
    func line(_ endpoint: ScarEndpoint, on host: String) -> String {
        switch self {
        case .set(let before) where before.isAt(endpoint): "the SCAR endpoint of \(host) was \(endpoint) and stays so"
        case .set(let before):
            "the SCAR endpoint of \(host) was \(before.shownEndpoint ?? "not set") and is now \(endpoint)"
        case .started(let job): "started Palette's data job \(job)"
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
