import Foundation
import TestSupport

/// How each server is told to serve the same tree with the same certificate: TLS 1.2 and 1.3, a process or thread a core,
/// no access log, what is read often kept at hand.
struct Peers {
    let tree: BenchmarkTree
    let directory: String
    let certificate: CertificateAuthority.Pair
    /// The program to measure.
    let specman: String

    func start(_ name: String) throws -> ServerUnderTest {
        let port = try ServerUnderTest.freePort()
        switch name {
        case "specman": return try startSpecman(port)
        case "nginx": return try startNginx(port)
        case "h2o": return try startH2O(port)
        case "caddy": return try startCaddy(port)
        case "go": return try startGo(port)
        default: throw BenchmarkError("there is no peer \(name)")
        }
    }

    private func file(_ name: String) -> String { directory + "/" + name }

    private func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }

    private func startSpecman(_ port: UInt16) throws -> ServerUnderTest {
        let layout = "oci-layout:" + file("layout")
        let volume = file("volume")
        if !FileManager.default.fileExists(atPath: volume) {
            // By a process of its own: the memory that a sync has used and freed would be taken for that of connections, or
            // be what they take.
            try Command.run(specman, ["push", tree.directory, "\(layout):1.0.0"])
            let source = ["SPECMAN_SOURCE_REPOSITORY": layout, "SPECMAN_STORAGE_DIRECTORY": volume]
            try Command.run(specman, ["sync"], environment: source)
        }
        let configuration = try write(
            """
            source:
              repository: \(layout)
              interval: 1h
            storage:
              directory: \(volume)
            listener:
              address: 127.0.0.1:\(port)
              certificateFile: \(certificate.certificateFile)
              keyFile: \(certificate.keyFile)
              idleTimeout: 1h
            management:
              address: 127.0.0.1:0

            """,
            to: "specman.yaml"
        )
        return try ServerUnderTest(
            "specman",
            port: port,
            command: [specman, "serve", "--config", configuration],
            log: file("specman.log")
        )
    }

    private func startNginx(_ port: UInt16) throws -> ServerUnderTest {
        let bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(file("nginx-\($0)"));" }.joined(separator: " ")
        let configuration = try write(
            """
            daemon off; worker_processes auto; pid \(file("nginx.pid")); error_log \(file("nginx.log"));
            events { worker_connections 16384; }
            http {
              access_log off; sendfile on; tcp_nopush on; \(bodies)
              keepalive_requests 1000000000; keepalive_timeout 3600;
              open_file_cache max=10000; default_type application/octet-stream;
              server {
                listen 127.0.0.1:\(port) ssl backlog=4096; root \(tree.directory);
                ssl_certificate \(certificate.certificateFile); ssl_certificate_key \(certificate.keyFile);
                ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache off; ssl_session_tickets on;
              }
            }

            """,
            to: "nginx.conf"
        )
        return try ServerUnderTest(
            "nginx",
            port: port,
            command: ["/usr/sbin/nginx", "-e", file("nginx.log"), "-c", configuration],
            log: file("nginx.out")
        )
    }

    private func startH2O(_ port: UInt16) throws -> ServerUnderTest {
        let configuration = try write(
            """
            listen:
              host: 127.0.0.1
              port: \(port)
              ssl:
                certificate-file: \(certificate.certificateFile)
                key-file: \(certificate.keyFile)
            num-threads: \(ProcessInfo.processInfo.activeProcessorCount)
            max-connections: 16384
            http1-request-timeout: 3600
            user: \(NSUserName())
            hosts:
              default:
                paths:
                  /:
                    file.dir: \(tree.directory)

            """,
            to: "h2o.conf"
        )
        return try ServerUnderTest("h2o", port: port, command: ["h2o", "-c", configuration], log: file("h2o.log"))
    }

    private func startCaddy(_ port: UInt16) throws -> ServerUnderTest {
        let configuration = try write(
            """
            {
              admin off
              auto_https off
              storage file_system \(file("caddy"))
            }
            https://127.0.0.1:\(port) {
              bind 127.0.0.1
              tls \(certificate.certificateFile) \(certificate.keyFile)
              root * \(tree.directory)
              file_server
            }

            """,
            to: "Caddyfile"
        )
        return try ServerUnderTest(
            "caddy",
            port: port,
            command: ["caddy", "run", "--adapter", "caddyfile", "--config", configuration],
            environment: ["HOME": directory, "XDG_DATA_HOME": directory, "XDG_CONFIG_HOME": directory],
            log: file("caddy.log")
        )
    }

    /// What most would write in Go: the standard library's file server.
    private func startGo(_ port: UInt16) throws -> ServerUnderTest {
        let source = try write(
            """
            package main

            import (
            \t"log"
            \t"net/http"
            \t"os"
            )

            func main() {
            \tlog.Fatal(http.ListenAndServeTLS(os.Args[1], os.Args[2], os.Args[3], http.FileServer(http.Dir(os.Args[4]))))
            }

            """,
            to: "server.go"
        )
        let program = file("go-server")
        try Command.run(
            "go",
            ["build", "-o", program, source],
            directory: directory,
            environment: ["HOME": directory, "GOCACHE": file("go-cache"), "GO111MODULE": "off"]
        )
        return try ServerUnderTest(
            "go",
            port: port,
            command: [
                program, "127.0.0.1:\(port)", certificate.certificateFile, certificate.keyFile, tree.directory,
            ],
            log: file("go.log")
        )
    }
}
