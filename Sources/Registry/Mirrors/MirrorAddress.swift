package import Content
internal import Curl

/// Where a mirror is: a repository, under whatever name, or a directory in OCI image layout.
package struct MirrorAddress: Hashable, Sendable {
    package let location: Reference.Location
    /// Whether it speaks plain HTTP, where its scheme was written down; `nil` where it does as the origin does.
    package let plainHTTP: Bool?

    /// Takes what ``Reference`` takes, without a tag or a digest; `nil` for anything else.
    package init?(_ text: String) {
        // The one remedy covers each fault.
        guard let reference = try? Reference(text), reference.tag == nil, reference.digest == nil else { return nil }
        location = reference.location
        let scheme = text.drop(while: \.isWhitespace).prefix { $0 != "/" }.lowercased()
        plainHTTP = scheme == "http:" ? true : scheme == "https:" ? false : nil
    }
}

extension RegistryOptions {
    /// What a mirror that is slower than this can't be worth, in bytes a second.
    private static let mirrorStallSpeed = 16 << 10

    /// How a mirror is spoken to: with less patience, as there is somebody else to ask, and never with the origin's
    /// credentials or client certificate unless it is the same host and port, and spoken to in the same way.
    ///
    /// - Parameter docker: what says who asks a mirror.
    func forMirror(
        _ mirror: MirrorAddress,
        of origin: Reference.Location,
        docker: DockerConfigurationFile?
    ) -> RegistryOptions {
        var options = self
        options.plainHTTP = mirror.plainHTTP ?? plainHTTP
        // The other region is the origin's affair.
        options.fallback = nil
        options.retry.attempts = min(retry.attempts, 2)
        options.retry.longestRetryAfter = min(retry.longestRetryAfter, .seconds(5))
        options.connectTimeout = min(connectTimeout, .seconds(5))
        options.stallSpeed = max(stallSpeed, Self.mirrorStallSpeed)
        if case .registry(let own) = origin, case .registry(let other) = mirror.location,
            own.host.lowercased() == other.host.lowercased(), options.plainHTTP == plainHTTP
        {
            return options
        }
        options.credentials = docker.map(Credentials.docker) ?? .anonymous
        options.certificateFile = nil
        options.material.certificate = nil
        options.material.key = nil
        options.keyFile = nil
        return options
    }
}

/// The source at one mirror of `origin`, by itself.
///
/// - Parameters:
///   - options: how the origin is spoken to.
///   - docker: who asks the mirror.
package func openMirror(
    _ mirror: MirrorAddress,
    of origin: Reference.Location,
    options: RegistryOptions,
    docker: DockerConfigurationFile?
) throws(RegistryError) -> any ReleaseSource {
    try openSource(mirror.location, options: options.forMirror(mirror, of: origin, docker: docker))
}

/// The source at `location`, with mirrors before it.
///
/// - Parameters:
///   - docker: who asks a mirror.
///   - report: told what the mirrors have come to, from whatever thread.
package func openSource(
    _ location: Reference.Location,
    mirrors: [MirrorAddress],
    options: RegistryOptions,
    docker: DockerConfigurationFile?,
    report: @escaping @Sendable (MirrorReport) -> Void
) throws(RegistryError) -> any ReleaseSource {
    let origin = try openSource(location, options: options)
    guard !mirrors.isEmpty else { return origin }
    var sources: [any ReleaseSource] = []
    for mirror in mirrors {
        sources.append(try openMirror(mirror, of: location, options: options, docker: docker))
    }
    return MirroredSource(origin, mirrors: sources, now: options.now, report: report)
}
