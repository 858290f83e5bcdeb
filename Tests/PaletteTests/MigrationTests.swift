import TestSupport
import Testing

@testable import Palette

/// The order of the steps, what is waited for, and what stands when one of them fails.
struct MigrationTests {
    private let scar = PaletteServer.scar
    private let attempt = (read: "reading Palette's SCAR endpoint", set: "setting Palette's SCAR endpoint")

    /// What a run came to: steps and waits in their order, with what had been asked of Palette until then.
    private struct Run {
        var events: [String] = []
        var failure: PaletteError?
    }

    private func run(_ palette: PaletteServer, spread: Duration = .seconds(60)) throws -> Run {
        let user = PaletteServer.Policy().user
        let session = try PaletteClient.plain(palette.host).logIn(username: user.name, password: user.password)
        var run = Run()
        do throws(PaletteError) {
            try ScarMigration(session, to: .standard, spread: spread).run(
                wait: { run.events.append("\(palette.requests.count): \($1) \($0)") },
                tell: { run.events.append("\(palette.requests.count): \($0.name)") }
            )
        } catch {
            run.failure = error
        }
        return run
    }

    @Test func theGuidesOrder() throws {
        let palette = try PaletteServer()
        let run = try run(palette)
        #expect(run.failure == nil)
        #expect(
            run.events == [
                "3: https://scar.example.com:8443", "4: spread 60.0 seconds", "5: syncCloudInstanceTypesData",
                "6: syncCloudStorageTypesData",
            ]
        )
        #expect(
            palette.lines == ["POST \(PaletteServer.login)", "GET \(scar)", "PUT \(scar)", "GET \(scar)"]
                + PaletteServer.jobs.map { "GET \($0)" }
        )
    }

    @Test func aChangeThatIsKnownLaterIsWaitedFor() throws {
        var policy = PaletteServer.Policy()
        policy.lag = 2
        let run = try run(try PaletteServer(policy), spread: .zero)
        #expect(run.failure == nil)
        #expect(
            run.events == [
                "3: https://scar.example.com:8443", "4: confirmation 2.0 seconds", "5: confirmation 2.0 seconds",
                "7: syncCloudInstanceTypesData", "8: syncCloudStorageTypesData",
            ]
        )
    }

    @Test func aChangeThatDoesNotStayStartsNoJob() throws {
        var policy = PaletteServer.Policy()
        policy.lag = 100
        let palette = try PaletteServer(policy)
        let run = try run(palette)
        let old = "https://scar.example.com:8443"
        #expect(run.failure == .otherEndpoint(host: palette.host, set: .standard, found: old))
        // What was there before is told nevertheless.
        #expect(run.events.first == "3: \(old)")
        #expect(run.events.count == ScarMigration.confirmations)
        #expect(palette.requests.count == 3 + ScarMigration.confirmations)
        #expect(!palette.lines.contains { $0.contains("jobs") })
    }

    @Test func doingItAgainDoesItAll() throws {
        var policy = PaletteServer.Policy()
        policy.endpoint = ScarEndpoint.standard.description
        let palette = try PaletteServer(policy)
        let run = try run(palette, spread: .zero)
        #expect(run.failure == nil)
        #expect(run.events.count == 3)
        #expect(palette.lines.contains("PUT \(scar)"))
    }

    @Test func nothingIsChangedWhereTheEndpointCantBeRead() throws {
        var policy = PaletteServer.Policy()
        policy.answers[scar] = .http(404)
        let palette = try PaletteServer(policy)
        let reply = PaletteError.Reply(host: palette.host, status: 404, detail: "")
        #expect(try run(palette).failure == .notThere(reply, isLogin: false, attempt: attempt.read))
        #expect(palette.lines == ["POST \(PaletteServer.login)", "GET \(scar)"])
    }

    @Test(arguments: [0, 1]) func aJobThatFailsKeepsNoOtherFromStarting(failing: Int) throws {
        var policy = PaletteServer.Policy()
        policy.answers[PaletteServer.jobs[failing]] = .http(500, text: #"{"code":"JobFailed"}"#)
        let palette = try PaletteServer(policy)
        let run = try run(palette)
        #expect(palette.lines.suffix(2) == PaletteServer.jobs.map { "GET \($0)" })
        let other = DataJob.allCases[1 - failing]
        #expect(run.events.filter { $0.hasSuffix("Data") }.map { $0.hasSuffix("\(other)") } == [true])
        let reply = PaletteError.Reply(host: palette.host, status: 500, detail: " (JobFailed)")
        let cause = PaletteError.unavailable(reply, attempt: "starting Palette's data job \(DataJob.allCases[failing])")
        #expect(run.failure == .jobsNotStarted([cause], host: palette.host))
        let text = "\(try #require(run.failure))"
        #expect(
            text.hasPrefix("the SCAR endpoint of \(palette.host) is set, but not all data jobs are started: "),
            "\(text)"
        )
        #expect(text.hasSuffix("; then run it again, with --wait 0s"))
        #expect(!text.contains { $0.isNewline })
    }

    /// Passing faults while the change spreads are looked past; others, and those that don't pass, are told with what is
    /// done.
    @Test(arguments: [(503, 1, true), (503, 100, false), (403, 1, false)])
    func whatFailsAfterTheChange(status: Int, times: Int, passes: Bool) throws {
        var policy = PaletteServer.Policy()
        policy.failures = (times, status)
        let palette = try PaletteServer(policy)
        let run = try run(palette, spread: .zero)
        if passes {
            #expect(run.failure == nil)
            #expect(run.events.dropFirst().first == "4: confirmation 2.0 seconds")
            return
        }
        guard case .unconfirmed(let cause, let set) = run.failure else {
            Issue.record("\(run)")
            return
        }
        #expect(set == .standard)
        #expect("\(cause)".hasPrefix(attempt.read))
        #expect(run.events.first == "3: https://scar.example.com:8443")
        #expect(run.events.count == (status == 403 ? 1 : ScarMigration.confirmations))
        #expect(!palette.lines.contains { $0.contains("jobs") })
    }
}

extension ScarMigration.Step {
    /// What was there before, or which job.
    fileprivate var name: String {
        switch self {
        case .set(let before): before.endpoint ?? "none"
        case .started(let job): "\(job)"
        }
    }
}
