internal import COpenSSL

/// A certificate, freed with the last reference to it. Never changed once made, so it may be shared.
final class CertificatePointer: @unchecked Sendable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        X509_free(pointer)
    }
}

/// A private key, freed with the last reference to it. Never changed once made, so it may be shared.
final class KeyPointer: @unchecked Sendable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }
}

/// The parts of a PEM file (RFC 7468).
struct PEMFile {
    /// In bytes: a chain of a dozen RSA-4096 certificates with their text form takes less than a tenth.
    static let limit = 1 << 20

    let certificates: [CertificatePointer]
    let key: KeyPointer?
    /// All of the file.
    let bytes: [UInt8]

    static func read(_ path: String) throws(CertificateError) -> PEMFile {
        ERR_clear_error()
        guard let file = BIO_new_file(path, "rb") else {
            throw .unreadable(file: path, reason: OpenSSLError(doing: "open").reasons.first ?? "unknown")
        }
        defer { BIO_free(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = BIO_read(file, &part, Int32(part.count))
            if count < 0 {
                throw .unreadable(file: path, reason: OpenSSLError(doing: "read").reasons.first ?? "not a file")
            }
            if count == 0 { break }
            bytes += part[..<Int(count)]
            if bytes.count > limit { throw .unreadable(file: path, reason: "longer than \(limit) bytes") }
        }
        ERR_clear_error()
        return PEMFile(bytes)
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var certificates: [CertificatePointer] = []
        Self.withBIO(bytes) { input in
            while let certificate = PEM_read_bio_X509(input, nil, refusePassphrase, nil) {
                certificates.append(CertificatePointer(owning: certificate))
            }
        }
        self.certificates = certificates
        key = Self.withBIO(bytes) { PEM_read_bio_PrivateKey($0, nil, refusePassphrase, nil) }.map(KeyPointer.init)
        // The end of the input counts as an error to OpenSSL.
        ERR_clear_error()
    }

    static func withBIO<Result>(_ bytes: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
        bytes.withUnsafeBytes { buffer in
            let input = BIO_new_mem_buf(buffer.baseAddress, Int32(clamping: buffer.count))
            defer { BIO_free(input) }
            return body(input)
        }
    }

    /// What `print` writes, empty where it fails.
    static func text(_ print: (OpaquePointer) -> Int32) -> String {
        guard let output = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(output) }
        guard print(output) >= 0 else { return "" }
        return contents(of: output).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// A moment in OpenSSL's form, such as `Dec  6 12:43:14 2024 GMT`.
    static func text(ofTime seconds: Int64) -> String {
        guard let time = ASN1_TIME_set(nil, Int(seconds)) else { return "\(seconds) seconds since 1970" }
        defer { ASN1_TIME_free(time) }
        return text { ASN1_TIME_print($0, time) }
    }

    /// What was written to a memory BIO.
    static func contents(of output: OpaquePointer) -> [UInt8]? {
        var text: UnsafeMutablePointer<CChar>?
        let count = Int(specman_bio_text(output, &text))
        guard let text, count >= 0 else { return nil }
        return Array(UnsafeRawBufferPointer(start: text, count: count))
    }
}

/// Says that there is no passphrase, where OpenSSL would ask for it on the terminal.
func refusePassphrase(
    _ buffer: UnsafeMutablePointer<CChar>?,
    _ size: Int32,
    _ writing: Int32,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    -1
}
