import Testing

@testable import Daemon

@Suite struct ServerCertificateTests {
    @Test func standardNamesAreTheServicesTheHostsAndTheLoopbacks() {
        let names = ServerCertificate.standardNames(host: "specman-0")
        #expect(names.first == "specman-service.hubble-system.svc.cluster.local")
        #expect(names.contains("specman-service"))
        #expect(names.contains("specman-0"))
        #expect(names.suffix(3) == ["localhost", "127.0.0.1", "::1"])
    }

    @Test(arguments: ["a host", "h\u{0}st", "", String(repeating: "a", count: 64), "ümlaut"])
    func aHostNameThatCanStandInNoCertificateIsLeftOut(_ host: String) {
        #expect(!ServerCertificate.standardNames(host: host).contains(host))
    }
}
