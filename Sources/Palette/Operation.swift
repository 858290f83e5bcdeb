internal import Curl

/// A request of Palette's API, as the guide's migration script makes it.
struct Operation {
    /// What is attempted, for people.
    let attempt: String
    let method: TransferRequest.Method
    /// Below the address, with its query.
    let path: String
    /// JSON, or nothing.
    var body: [UInt8] = []
    /// The one status that means success.
    let expected: Int

    private static let scar = "/v1/system/config/scar"

    /// Answers a ``PaletteToken``.
    static func login(username: String, password: String) -> Operation {
        Operation(
            attempt: "logging in to Palette",
            method: .post,
            path: "/v1/auth/syslogin?setCookie=true",
            body: PaletteJSON.object(["username": username, "password": password]),
            expected: 200
        )
    }

    /// Answers ``ScarSettings``.
    static let read = Operation(attempt: "reading Palette's SCAR endpoint", method: .get, path: scar, expected: 200)

    /// User and password are set empty, since specman serves without.
    static func set(_ endpoint: ScarEndpoint) -> Operation {
        Operation(
            attempt: "setting Palette's SCAR endpoint",
            method: .put,
            path: scar,
            body: PaletteJSON.object(["endpoint": endpoint.description, "username": "", "password": ""]),
            expected: 204
        )
    }

    /// GET, as the script has it, although something is begun by it.
    static func start(_ job: DataJob) -> Operation {
        Operation(
            attempt: "starting Palette's data job \(job)",
            method: .get,
            path: "/v1/jobs/internal/\(job)/run",
            expected: 204
        )
    }
}
