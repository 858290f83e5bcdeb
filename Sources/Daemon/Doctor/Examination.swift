/// Hops one after the other: one that fails lets those behind it be skipped, and all are told of as they are done.
struct Examination {
    private let report: (DoctorHop) -> Void
    /// The hop without which the next ones can't be tried.
    private var broken: String?
    private(set) var hops: [DoctorHop] = []

    init(report: @escaping (DoctorHop) -> Void) {
        self.report = report
    }

    /// Begins a way that doesn't depend on what was found before.
    mutating func beginAnew() {
        broken = nil
    }

    /// Tries a hop.
    ///
    /// - Parameters:
    ///   - input: what an earlier hop has found; `nil` where it didn't.
    ///   - body: gives what was found, in words and for the hops behind.
    /// - Returns: what was found; `nil` where it failed or was skipped.
    @discardableResult
    mutating func hop<Input, Found>(
        _ name: String,
        _ subject: String,
        with input: Input?,
        _ body: (Input) throws -> (detail: String, found: Found)
    ) -> Found? {
        guard broken == nil, let input else {
            let reason = "not tried, as the hop \(broken ?? "before") failed"
            add(DoctorHop(name: name, subject: subject, outcome: .skipped, detail: reason, remedy: nil))
            return nil
        }
        do {
            let (detail, found) = try body(input)
            add(DoctorHop(name: name, subject: subject, outcome: .ok, detail: detail, remedy: nil))
            return found
        } catch {
            let fault = error as? DoctorFault ?? DoctorFault(error)
            add(
                DoctorHop(name: name, subject: subject, outcome: .failed, detail: fault.detail, remedy: fault.remedy)
            )
            broken = name
            return nil
        }
    }

    /// Tries a hop that needs nothing of an earlier one but that it didn't fail, and gives nothing but words.
    mutating func hop(_ name: String, _ subject: String, _ body: () throws -> String) {
        hop(name, subject, with: ()) { (try body(), ()) }
    }

    private mutating func add(_ hop: DoctorHop) {
        hops.append(hop)
        report(hop)
    }
}
