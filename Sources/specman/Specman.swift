import ArgumentParser

@main
struct Specman: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves the newest release of a repository over HTTPS.")
}
