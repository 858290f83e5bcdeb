import TestSupport
import Testing

extension DoctorTests {
    @Test func eachMirrorByItself() throws {
        let origin = try DockerRegistry()
        let near = try DockerRegistry()
        let empty = try DockerRegistry()
        let away = try DockerRegistry()
        try push(to: origin)
        let reference = "\(origin.host)/a/b:1.0.0"
        let copied = ["copy", "--src-tls-verify=false", "--dest-tls-verify=false", "docker://\(reference)"]
        try Command.run("skopeo", copied + ["docker://\(near.host)/copy:1"])
        away.stop()
        let mirrors = ["\(away.host)/a/b", "\(empty.host)/a/b", "\(near.host)/copy"]
        let source = ["plainHTTP: true", "mirrors: [\(mirrors.joined(separator: ", "))]"]
        var hops = try examine(try configuration("\(origin.host)/a/b", source)).filter { $0.hop == "mirror" }
        #expect(hops.map(\.subject) == mirrors)
        #expect(hops.map(\.ok) == [false, true, true], "\(hops)")
        #expect(hops.first?.remedy?.contains("take it out of source.mirrors") == true, "\(hops)")
        #expect(hops.last?.detail == "has the release")
        #expect(hops.dropFirst().first?.detail.contains("does not have the release") == true, "\(hops)")
        // Nobody but the origin knows what is the release.
        origin.stop()
        hops = try examine(try configuration("\(origin.host)/a/b", source)).filter { $0.hop == "mirror" }
        #expect(hops.map(\.ok) == [nil, nil, nil], "\(hops)")
    }
}
