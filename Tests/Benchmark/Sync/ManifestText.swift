import Foundation

/// Text as a release has it: Kubernetes objects one behind another, the same for the same seed.
struct ManifestText {
    private var generator: Xorshift
    private var text = ""

    private static let words = [
        "agent", "api", "audit", "backup", "broker", "cache", "cert", "cloud", "cluster", "config", "console",
        "controller",
        "core", "cost", "csi", "dashboard", "data", "dns", "edge", "event", "export", "fleet", "gateway", "health",
        "host",
        "identity", "image", "import", "ingress", "job", "key", "load", "log", "machine", "manager", "metrics",
        "monitor",
        "network", "node", "notify", "object", "operator", "pack", "palette", "policy", "pool", "profile", "proxy",
        "queue", "quota", "registry", "report", "router", "scanner", "scheduler", "secret", "server", "service",
        "session",
        "snapshot", "stage", "state", "storage", "sync", "system", "task", "tenant", "token", "trace", "update",
        "usage",
        "user", "vault", "volume", "watch", "webhook", "worker", "zone",
    ]

    /// A YAML stream of at most `count` bytes, cut at the end of a line; no two seeds give the same.
    static func bytes(_ count: Int, seed: UInt64) -> Data {
        var data = Data("# \(seed)\n".utf8)
        var next = Int(seed.multipliedReportingOverflow(by: 7919).partialValue % UInt64(objects.count))
        while data.count < count {
            data.append(contentsOf: objects[next])
            next = (next + 1) % objects.count
        }
        let end = data.prefix(count).lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? count
        return data.prefix(end)
    }

    /// So many that a reader's window holds few of them, and none comes twice in it.
    private static let objects: [[UInt8]] = (1...2000).map { number in
        var text = ManifestText(generator: Xorshift(state: UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
        text.addObject()
        return Array(text.text.utf8)
    }

    private mutating func addObject() {
        let name = "\(word())-\(word())"
        let space = "\(word())-system"
        text += """
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: \(name)
              namespace: \(space)
              labels:
                app.kubernetes.io/name: \(name)
                app.kubernetes.io/part-of: \(word())
                app.kubernetes.io/version: "\(version())"
            spec:
              replicas: \(number(1...5))
              selector:
                matchLabels:
                  app.kubernetes.io/name: \(name)
              template:
                metadata:
                  labels:
                    app.kubernetes.io/name: \(name)
                spec:
                  serviceAccountName: \(name)
                  containers:

            """
        for _ in 0..<number(1...3) { addContainer() }
        text += """
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: \(name)
              namespace: \(space)
            spec:
              selector:
                app.kubernetes.io/name: \(name)
              ports:
                - name: https
                  port: \(number(1024...9999))
                  targetPort: https

            """
    }

    private mutating func addContainer() {
        let name = "\(word())-\(word())"
        text += """
                    - name: \(name)
                      image: registry.example/\(word())/\(name):v\(version())
                      imagePullPolicy: IfNotPresent
                      args:
                        - --leader-elect=true
                        - --\(word())-\(word())=\(word())
                        - --metrics-bind-address=:\(number(1024...9999))

            """
        text += "          env:\n"
        for _ in 0..<number(2...6) {
            text += """
                            - name: \(word().uppercased())_\(word().uppercased())
                              value: "\(word())"

                """
        }
        text += """
                      resources:
                        requests:
                          cpu: \(number(1...20) * 50)m
                          memory: \(number(1...16) * 64)Mi
                      livenessProbe:
                        httpGet:
                          path: /healthz
                          port: \(number(1024...9999))
                        initialDelaySeconds: \(number(5...60))

            """
    }

    private mutating func word() -> String { Self.words.randomElement(using: &generator) ?? "" }
    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    private mutating func version() -> String { "\(number(1...4)).\(number(0...20)).\(number(0...40))" }
}
