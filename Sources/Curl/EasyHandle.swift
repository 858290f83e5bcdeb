internal import CCurl

/// One `CURL *`, with the connections it keeps alive; freed with the last reference.
///
/// Used by one thread at a time: ``TransferClient`` takes it out of its pool for the length of a transfer.
final class EasyHandle: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer

    /// `curl_global_init` is not thread-safe with itself, so it runs once, before the first handle.
    private static let isInitialized = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// `nil` where libcurl can't be initialised or memory is short.
    init?() {
        guard Self.isInitialized, let raw = curl_easy_init() else { return nil }
        self.raw = raw
    }

    deinit {
        specman_curl_cleanup(raw)
    }

    /// Forgets all settings; connections, sessions and names resolved stay.
    func reset() {
        curl_easy_reset(raw)
    }

    // The options set here exist in every libcurl that this builds against; what can fail is memory, and then the
    // transfer itself says so.

    func set(_ option: CURLoption, _ value: Int) {
        _ = specman_curl_set_long(raw, option, value)
    }

    func set(_ option: CURLoption, offset value: Int64) {
        _ = specman_curl_set_offset(raw, option, curl_off_t(value))
    }

    func set(_ option: CURLoption, _ value: String?) {
        _ = specman_curl_set_string(raw, option, value)
    }

    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
        _ = specman_curl_set_pointer(raw, option, value)
    }

    func set(_ option: CURLoption, bytes: [UInt8]) {
        bytes.withUnsafeBytes { _ = specman_curl_set_blob(raw, option, $0.baseAddress, $0.count) }
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return specman_curl_get_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return specman_curl_get_offset(raw, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    func string(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard specman_curl_get_string(raw, info, &value) == CURLE_OK, let value else { return nil }
        return value.pointee == 0 ? nil : String(cString: value)
    }
}
