/// What may be asked of Palette once it has let somebody in.
package struct PaletteSession: Sendable {
    private let client: PaletteClient
    private let username: String
    /// Kept so that it is not told, should an answer repeat it.
    private let password: String
    private let token: PaletteToken

    init(client: PaletteClient, username: String, password: String, token: PaletteToken) {
        self.client = client
        self.username = username
        self.password = password
        self.token = token
    }

    /// `HOST:PORT`.
    package var host: String { client.host }

    /// What Palette has for its SCAR.
    package func settings() throws(PaletteError) -> ScarSettings {
        try client.read(try perform(.read), of: .read, as: ScarSettings.init)
    }

    /// Has Palette read its manifests from `endpoint`, without user and password.
    package func set(_ endpoint: ScarEndpoint) throws(PaletteError) {
        _ = try perform(.set(endpoint))
    }

    /// Has Palette begin `job`, which goes on for some minutes.
    package func start(_ job: DataJob) throws(PaletteError) {
        _ = try perform(.start(job))
    }

    private func perform(_ operation: Operation) throws(PaletteError) -> [UInt8] {
        try client.perform(operation, as: username, cookie: token.cookie, hiding: [password, token.value])
    }
}

extension PaletteSession: CustomStringConvertible {
    /// Shows neither password nor token.
    package var description: String { "\(username) at \(host)" }
}
