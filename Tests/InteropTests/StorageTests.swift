import Content
import Curl
import Foundation
import OpenSSL
import Registry
import TestSupport
import Testing

/// Registries that send on to storage for blobs, as ECR and ACR do.
///
/// nginx before Debian's docker-registry answers GET of a blob with 307 and its HEAD with 401; the storage, which is nginx,
/// too, answers 400 where `Authorization` comes along.
struct StorageTests {
    private typealias ReleaseTag = Content.Tag

    private let password = "geheim"
    private var deadline: Deadline { Deadline(after: .seconds(60)) }

    /// The three of them.
    private struct Site {
        let registry: DockerRegistry
        let authority: CertificateAuthority
        let front: Nginx
        let storage: Nginx
        /// What is spoken to.
        let host: String
        let storageHost: String
    }

    /// - Parameters:
    ///   - location: where blobs are said to be; `STORAGE` stands for the storage's host and port.
    ///   - answer: what the storage does with a request that has no credentials; the default gives the blob.
    ///   - stranger: whether the storage's certificate is signed by an authority that nobody trusts.
    private func site(
        location: String = "https://STORAGE/bucket$request_uri?X-Amz-Signature=1",
        answer: String? = nil,
        stranger: Bool = false,
        verify: String = ""
    ) throws -> Site {
        let registry = try DockerRegistry(password: password)
        let authority = try CertificateAuthority()
        let strangers = try CertificateAuthority()
        let pair = try authority.issue(["IP:127.0.0.1"])
        let storagePair = stranger ? try strangers.issue(["IP:127.0.0.1"]) : pair
        let ports = try (front: ReservedPort(), storage: ReservedPort())
        let basic = Data("reader:\(password)".utf8).base64EncodedString()
        let serve = """
            rewrite ^/bucket(.*)$ $1 break;
            proxy_set_header Authorization "Basic \(basic)";
            proxy_pass http://\(registry.host);
            """
        let storage = try Nginx(
            """
            server {
              listen \(ports.storage.host) ssl;
              ssl_certificate \(storagePair.certificateFile); ssl_certificate_key \(storagePair.keyFile);
              location / {
                if ($http_authorization) { return 400 "<Error><Code>InvalidArgument</Code></Error>"; }
                if ($ssl_client_verify = SUCCESS) { return 400 "a client certificate came along"; }
                \(answer ?? serve)
              }
              ssl_verify_client optional; ssl_client_certificate \(authority.caFile);
            }
            """,
            ports: [ports.storage]
        )
        let front = try Nginx(
            """
            server {
              listen \(ports.front.host) ssl;
              ssl_certificate \(pair.certificateFile); ssl_certificate_key \(pair.keyFile);
              \(verify.replacing("STORAGE", with: ports.storage.host))
              location ~ /blobs/sha256: {
                if ($request_method = HEAD) { return 401; }
                return 307 \(location.replacing("STORAGE", with: ports.storage.host));
              }
              location / {
                proxy_pass http://\(registry.host);
                proxy_set_header Host $http_host;
                proxy_set_header X-Forwarded-Proto https;
                proxy_request_buffering off;
              }
            }
            """,
            ports: [ports.front]
        )
        return Site(
            registry: registry,
            authority: authority,
            front: front,
            storage: storage,
            host: ports.front.host,
            storageHost: ports.storage.host
        )
    }

    private func client(
        _ site: Site,
        _ change: (inout RegistryOptions) -> Void = { _ in }
    ) throws -> DistributionClient {
        var options = RegistryOptions()
        options.caFile = site.authority.caFile
        options.credentials = .basic(username: "reader", password: password)
        options.retry.attempts = 2
        options.retry.firstDelay = .zero
        change(&options)
        return try DistributionClient(try #require(Repository(host: site.host, name: "a/b")), options: options)
    }

    private func push(to target: any PushTarget) throws {
        let bytes = Array(repeating: UInt8(ascii: "x"), count: 300_000)
        let sum = try SHA256.sum(of: bytes.span.bytes)
        let layer = ArtifactManifest.layer(
            digest: try #require(Digest(bytes: sum)),
            size: Int64(bytes.count),
            title: "manifests.tgz"
        )
        _ = try ArtifactManifest.push(
            layers: [layer],
            as: try #require(ReleaseTag("1.0.0")),
            created: nil,
            to: target,
            before: deadline
        ) { _, offset, limit in Array(bytes[Int(offset)...].prefix(limit)) }
    }

    private func pull(from client: DistributionClient, at offset: Int64 = 0) throws -> Int {
        let manifest = try client.manifest(.tag(try #require(ReleaseTag("1.0.0"))), before: deadline)
        var count = 0
        try client.blob(try #require(manifest.layers.first), from: offset, before: deadline) { count += $0.byteCount }
        return count
    }

    /// The sentence that a failing download comes to.
    private func complaint(_ site: Site) throws -> String {
        let client = try client(site)
        try push(to: client)
        do {
            _ = try pull(from: client)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func blobsComeFromTheStorageWithoutCredentials() throws {
        let site = try site()
        let client = try client(site)
        // Pushing goes to the registry itself; it answers HEAD of a blob with 401, which means: upload.
        try push(to: client)
        #expect(try pull(from: client) == 300_000)
        #expect(try pull(from: client, at: 100_000) == 200_000)
        let asked = try site.storage.requests
        #expect(asked.count == 2)
        #expect(asked.allSatisfy { $0.contains("GET /bucket/v2/a/b/blobs/sha256:") }, "\(asked)")
        #expect(asked.map { $0.contains(" 206 ") } == [false, true], "\(asked)")
        // Pulling asks for no blob by HEAD, which public.ecr.aws refuses.
        let pulled = try site.front.requests.drop { !$0.contains("PUT /v2/a/b/manifests/") }
        #expect(!pulled.contains { $0.contains("HEAD /v2/a/b/blobs/") }, "\(pulled)")
    }

    /// The client certificate is the registry's affair, as credentials are.
    @Test func theClientCertificateStaysWithTheRegistry() throws {
        let clients = try CertificateAuthority()
        let pair = try clients.issue([])
        let site = try site(verify: "ssl_verify_client on; ssl_client_certificate \(clients.caFile);")
        let client = try client(site) {
            $0.certificateFile = pair.certificateFile
            $0.keyFile = pair.keyFile
        }
        try push(to: client)
        #expect(try pull(from: client) == 300_000)
        // Without one, and with a stranger's, nginx completes TLS and answers 400.
        let stranger = try site.authority.issue([])
        for files in [nil, stranger] {
            let client = try self.client(site) {
                $0.certificateFile = files?.certificateFile
                $0.keyFile = files?.keyFile
            }
            let error = #expect(throws: RegistryError.self) { try client.tags(before: deadline) }
            #expect(
                error?.description.contains("it requires a client certificate that it trusts; set source.tls.cert")
                    == true
            )
        }
    }

    /// A token server of another origin, which refuses whoever shows it a certificate.
    @Test func theClientCertificateIsNotForTheRealm() throws {
        let site = try site(
            answer: #"default_type application/json; return 200 '{"token":"t1"}';"#,
            verify: """
                location = /v2/a/b/tags/list {
                  add_header WWW-Authenticate 'Bearer realm="https://STORAGE/token"' always;
                  if ($http_authorization != "Bearer t1") { return 401; }
                  return 200 '{"tags":["1.0.0"]}';
                }
                """
        )
        let own = try site.authority.issue(["DNS:client"])
        let client = try client(site) {
            $0.credentials = .anonymous
            $0.certificateFile = own.certificateFile
            $0.keyFile = own.keyFile
        }
        #expect(try client.tags(before: deadline).map(\.description) == ["1.0.0"])
    }

    @Test func whatFailsAtTheStorageNamesIt() throws {
        let nobody = try ReservedPort()
        let refused = try complaint(try site(location: "https://\(nobody.host)/x"))
        #expect(
            refused.contains("which sends on to \(nobody.host): \(nobody.host) refuses the connection"),
            "\(refused)"
        )
        let unknown = try complaint(try site(location: "https://bucket.storage.invalid/x"))
        #expect(unknown.contains("bucket.storage.invalid:443: the name does not resolve"), "\(unknown)")

        let stranger = try site(stranger: true)
        #expect(
            try complaint(stranger).contains("TLS with \(stranger.storageHost) failed: its certificate is signed by")
        )

        let denied = try site(
            answer:
                "return 403 '<Error><Code>AccessDenied</Code><Message>Expired</Message></Error>';"
        )
        let line = try complaint(denied)
        #expect(line.contains("which sends on to \(denied.storageHost): "), "\(line)")
        #expect(line.contains("\(denied.storageHost) answers 403 (AccessDenied: Expired)"), "\(line)")
        let away = try site(answer: "return 503;")
        #expect(try complaint(away).contains("\(away.storageHost) answers 503"))
    }

    @Test func theStorageIsNotReachedInTheClear() throws {
        let nobody = try ReservedPort()
        let line = try complaint(try site(location: "http://\(nobody.host)/x"))
        #expect(
            line.contains("redirects to \(nobody.host), which is not followed: it falls from https to http"),
            "\(line)"
        )
    }

    @Test func anUploadIsNotSentInTheClear() throws {
        let plain = try ScriptedServer { _ in .http(201) }
        let site = try site(
            verify: """
                location = /v2/a/b/blobs/uploads/ { add_header Location http://\(plain.host)/u always; return 202; }
                """
        )
        let error = #expect(throws: RegistryError.self) { try push(to: client(site)) }
        #expect(error?.description.contains("it falls from https to http") == true, "\(String(describing: error))")
        #expect(plain.requests.isEmpty)
    }
}
