internal import COpenSSL

/// The handshake that goes on on this thread, for what libssl calls that is not told whose it is.
enum HandshakeOfThread {
    private struct Place: @unchecked Sendable {
        // Made once, then only read.
        let key: UnsafeMutablePointer<CRYPTO_THREAD_LOCAL>
    }

    private static let place: Place? = {
        let key = UnsafeMutablePointer<CRYPTO_THREAD_LOCAL>.allocate(capacity: 1)
        key.initialize(to: CRYPTO_THREAD_LOCAL())
        guard CRYPTO_THREAD_init_local(key, nil) == 1 else {
            key.deallocate()
            return nil
        }
        return Place(key: key)
    }()

    /// Not kept alive: set for the time of a call into libssl only.
    static var current: OpenSSLSession? {
        get {
            guard let place, let session = CRYPTO_THREAD_get_local(place.key) else { return nil }
            return Unmanaged<OpenSSLSession>.fromOpaque(session).takeUnretainedValue()
        }
        set {
            guard let place else { return }
            _ = CRYPTO_THREAD_set_local(place.key, newValue.map { Unmanaged.passUnretained($0).toOpaque() })
        }
    }
}
