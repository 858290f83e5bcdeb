internal import HTTP
internal import Listener
internal import Platform
internal import Serving

/// The site behind the TLS port and the volume's socket.
struct SiteResponder: Responder {
    let site: Site

    var generation: UInt64 { site.generation }

    func answer(to request: Request) -> Answer<SharedFile> { site.answer(to: request) }
}

/// The management port.
struct ManagementResponder: Responder {
    let site: ManagementSite

    /// Nothing it answers is repeatable.
    var generation: UInt64 { 0 }

    func answer(to request: Request) -> Answer<SharedFile> { site.answer(to: request) }
}
