internal import COpenSSL

/// A provider (provider(7)) of one algorithm, `TLS13-KDF` (EVP_KDF-TLS13_KDF(7), provider-kdf(7)): the server's handshakes
/// derive their secrets with ``KeySchedule``, and the session whose they are keeps those that a ``RecordLayer`` needs.
///
/// Only contexts that are made with ``properties`` ask for it.
enum KeyScheduleProvider {
    private static let name = "specman"
    private static let algorithm = "TLS13-KDF"

    /// Prefers what is provided here, where there is a choice. By a property that is ours alone: `provider` would take the place
    /// of what a machine's configuration has to say about that (property(7)).
    static let properties = "?\(mark)"
    private static let mark = "specman.schedule=yes"

    /// Whether it can be had, in the library context that all of the program uses.
    static let isLoaded: Bool = {
        // Who doesn't say what is preferred gets what was there first: once this has been fetched, libcrypto's own.
        let first = EVP_KDF_fetch(nil, algorithm, nil)
        EVP_KDF_free(first)
        guard first != nil,
            OSSL_PROVIDER_add_builtin(
                nil,
                name,
                { _, _, functions, context in
                    context?.pointee = nil
                    functions?.pointee = UnsafePointer(KeyScheduleProvider.provider.entries)
                    return 1
                }
            ) == 1,
            // What is there without any configuration stays there.
            OSSL_PROVIDER_try_load(nil, name, 1) != nil
        else {
            ERR_clear_error()
            return false
        }
        return true
    }()

    // MARK: Tables of functions, made once for the process and never changed

    private struct Table: @unchecked Sendable {
        let entries: UnsafeMutablePointer<OSSL_DISPATCH>

        init(_ functions: [(Int32, @convention(c) () -> Void)]) {
            entries = .allocate(capacity: functions.count + 1)
            for (index, (identifier, function)) in functions.enumerated() {
                (entries + index).initialize(to: OSSL_DISPATCH(function_id: identifier, function: function))
            }
            (entries + functions.count).initialize(to: OSSL_DISPATCH(function_id: 0, function: nil))
        }
    }

    private struct Algorithms: @unchecked Sendable {
        let entries: UnsafeMutablePointer<OSSL_ALGORITHM>

        init(_ algorithm: String, properties: String, _ table: Table) {
            entries = .allocate(capacity: 2)
            entries.initialize(
                to: OSSL_ALGORITHM(
                    algorithm_names: UnsafePointer(strdup(algorithm)),
                    property_definition: UnsafePointer(strdup(properties)),
                    implementation: UnsafePointer(table.entries),
                    algorithm_description: nil
                )
            )
            (entries + 1).initialize(to: OSSL_ALGORITHM())
        }
    }

    private typealias Query =
        @convention(c) (UnsafeMutableRawPointer?, Int32, UnsafeMutablePointer<Int32>?) -> UnsafePointer<OSSL_ALGORITHM>?
    private typealias NewContext = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
    private typealias FreeContext = @convention(c) (UnsafeMutableRawPointer?) -> Void
    private typealias SetParameters =
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<OSSL_PARAM>?) -> Int32
    private typealias Derive =
        @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int, UnsafePointer<OSSL_PARAM>?) ->
        Int32

    private static let provider: Table = {
        let query: Query = { _, operation, mayNotKeep in
            mayNotKeep?.pointee = 0
            return operation == OSSL_OP_KDF ? UnsafePointer(KeyScheduleProvider.algorithms.entries) : nil
        }
        return Table([(OSSL_FUNC_PROVIDER_QUERY_OPERATION, entry(query))])
    }()

    private static let algorithms = Algorithms(algorithm, properties: "provider=\(name),\(mark)", derivation)

    private static let derivation: Table = {
        let new: NewContext = { _ in
            let context = UnsafeMutablePointer<KeyScheduleInputs.Kept>.allocate(capacity: 1)
            context.initialize(to: nil)
            return UnsafeMutableRawPointer(context)
        }
        let free: FreeContext = { context in
            guard let context = kept(context) else { return }
            KeyScheduleInputs.forget(context)
            context.deallocate()
        }
        let set: SetParameters = { context, parameters in
            guard let context = kept(context) else { return 0 }
            guard let parameters else { return 1 }
            return KeyScheduleInputs.keep(parameters, in: context) ? 1 : 0
        }
        let derive: Derive = { context, output, count, parameters in
            guard let output else { return 0 }
            var inputs = KeyScheduleInputs()
            if let known = kept(context)?.pointee, !inputs.take(known) { return 0 }
            if let parameters, !inputs.take(parameters) { return 0 }
            return inputs.derive(into: UnsafeMutableRawBufferPointer(start: output, count: count)) ? 1 : 0
        }
        return Table([
            (OSSL_FUNC_KDF_NEWCTX, entry(new)), (OSSL_FUNC_KDF_FREECTX, entry(free)),
            (OSSL_FUNC_KDF_SET_CTX_PARAMS, entry(set)), (OSSL_FUNC_KDF_DERIVE, entry(derive)),
        ])
    }()

    /// As the tables have them: without their types.
    private static func entry<Function>(_ function: Function) -> @convention(c) () -> Void {
        unsafeBitCast(function, to: (@convention(c) () -> Void).self)
    }

    private static func kept(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<KeyScheduleInputs.Kept>? {
        context?.assumingMemoryBound(to: KeyScheduleInputs.Kept.self)
    }
}
