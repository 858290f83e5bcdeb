package import Content
internal import FoundationEssentials
internal import OpenSSL
internal import Synchronization

/// Whether a release is signed by one of the trusted keys, in cosign's format, found by its tag or by the referrers API.
///
/// What was found good is remembered for as long as the keys stay the same. What was not is looked for again each time,
/// so that a signature that arrives later counts, but known signatures aren't downloaded twice.
package final class SignatureVerifier: Sendable {
    /// The most signatures that are looked at: a release has one or two, and anybody who may push can add some.
    static let mostSignatures = 64
    /// The most manifests of signatures among the referrers that are looked at.
    static let mostManifests = 16

    private struct Memory {
        var sum: Digest?
        /// The releases that were found good, with the name of the key.
        var good: [Digest: String] = [:]
        /// What was wrong with a release, and the manifests of signatures that were there.
        var bad: [Digest: (manifests: Set<Digest>, fault: SignatureFault)] = [:]
    }

    /// How many releases are remembered: more than a volume keeps and a poll looks at.
    private static let mostRemembered = 256

    private let keys: TrustedKeys
    private let memory = Mutex(Memory())

    package init(_ keys: TrustedKeys) {
        self.keys = keys
    }

    /// Whether signatures are wanted at all; where they aren't, ``verify(_:as:from:before:)`` has nothing to say.
    package var isNeeded: Bool { !keys.isEmpty }

    /// Looks for a signature of the manifest that `digest` names, and checks it.
    ///
    /// - Parameter release: how an error names it.
    /// - Returns: the name of the key that it was made with, and whether that is news.
    /// - Throws: `RegistryError.signature` where there is none that is good; others where that can't be told now.
    package func verify(
        _ digest: Digest,
        as release: String,
        from source: any ReleaseSource,
        before deadline: Deadline
    ) throws(RegistryError) -> (key: String, isNew: Bool) {
        let loaded = try keys.load()
        let known = memory.withLock { memory in
            if memory.sum != loaded.sum { memory = Memory(sum: loaded.sum) }
            return memory.good[digest]
        }
        if let known { return (known, false) }
        let found = try SignatureSearch(source: source, deadline: deadline).manifests(of: digest)
        let manifests = Set(found.manifests.map(\.digest))
        if found.reasons.isEmpty, let bad = memory.withLock({ $0.bad[digest] }), bad.manifests == manifests {
            throw .signature(bad.fault)
        }
        var trial = Trial(keys: loaded.keys, digest: digest, reasons: found.reasons)
        for manifest in found.manifests {
            for layer in manifest.layers {
                guard let key = try trial.check(layer, from: source, before: deadline) else { continue }
                memory.withLock { memory in
                    if memory.good.count >= Self.mostRemembered { memory.good = [:] }
                    memory.good[digest] = key
                    memory.bad[digest] = nil
                }
                return (key, true)
            }
        }
        let fault = fault(release, digest, trial)
        if trial.isSettled {
            memory.withLock { memory in
                if memory.bad.count >= Self.mostRemembered { memory.bad = [:] }
                memory.bad[digest] = (manifests, fault)
            }
        }
        throw .signature(fault)
    }

    private func fault(_ release: String, _ digest: Digest, _ trial: Trial) -> SignatureFault {
        guard let reason = trial.reasons.first else {
            return .unsigned(release: release, digest: digest, keys: keys.summary)
        }
        return .untrusted(
            release: release,
            digest: digest,
            count: max(1, trial.count),
            reason: reason,
            keys: keys.summary
        )
    }
}

/// The signatures of one release, one after the other.
private struct Trial {
    let keys: [TrustedKeys.Key]
    let digest: Digest
    /// What was wrong, in the order in which it was found.
    var reasons: [String]
    private(set) var count = 0
    /// Whether the same signatures will be as wrong the next time.
    private(set) var isSettled: Bool

    init(keys: [TrustedKeys.Key], digest: Digest, reasons: [String]) {
        self.keys = keys
        self.digest = digest
        self.reasons = reasons
        isSettled = reasons.isEmpty
    }

    /// The name of the key with which `layer` was signed; `nil` where it is no good signature.
    ///
    /// - Throws: ``RegistryError`` where the payload can't be had now.
    mutating func check(
        _ layer: Descriptor,
        from source: any ReleaseSource,
        before deadline: Deadline
    ) throws(RegistryError) -> String? {
        guard count < SignatureVerifier.mostSignatures else {
            if count == SignatureVerifier.mostSignatures {
                reasons.append("there are more than \(count) signatures, and no more are looked at")
            }
            return nil
        }
        count += 1
        guard layer.mediaType == Cosign.payloadType else {
            return refuse("its media type is \(JSON.printable(layer.mediaType)), not \(Cosign.payloadType)")
        }
        guard let text = layer.annotations[Cosign.signature], let signature = Data(base64Encoded: text),
            !signature.isEmpty
        else { return refuse("it has no annotation \(Cosign.signature) in base64") }
        guard layer.size <= SignedPayload.limit else {
            return refuse("its payload is larger than \(ByteCount.format(Int64(SignedPayload.limit)))")
        }
        guard let payload = try payload(layer, from: source, before: deadline) else { return nil }
        // Nothing of the payload is read before somebody trusted has vouched for it.
        guard let signer = keys.first(where: { $0.key.verifies(Array(signature), of: payload) }) else {
            return refuse("it was made with another key")
        }
        return try vouches(payload) ? signer.name : nil
    }

    private mutating func payload(
        _ layer: Descriptor,
        from source: any ReleaseSource,
        before deadline: Deadline
    ) throws(RegistryError) -> [UInt8]? {
        while true {
            var payload: [UInt8] = []
            do {
                _ = try Download.run(layer, from: source, before: deadline) { bytes, _ in payload.append(bytes) }
                return payload
            } catch  where source.hasAnother(after: error) {
                continue
            } catch let error as RegistryError {
                switch error {
                case .digestMismatch, .sizeMismatch, .noSuchBlob, .malformed:
                    isSettled = false
                    return refuse("\(error)")
                default: throw error
                }
            } catch {
                throw .internalFailure(attempt: "reading a signature", reason: "\(error)")
            }
        }
    }

    /// Whether a payload that was signed by a trusted key is about our manifest.
    private mutating func vouches(_ payload: [UInt8]) throws(RegistryError) -> Bool {
        let claim: SignedPayload.Critical
        do throws(RegistryError) {
            claim = try JSON.decodeUnambiguously(SignedPayload.self, from: payload, name: "the payload").critical
        } catch {
            return refuse("\(error)") ?? false
        }
        guard claim.type == Cosign.claim else {
            return refuse("it claims to be \"\(JSON.printable(claim.type))\", not \"\(Cosign.claim)\"") ?? false
        }
        guard let signed = Digest(claim.image.digest), signed == digest else {
            return refuse("it was made for another artifact, \(JSON.printable(claim.image.digest))") ?? false
        }
        return true
    }

    /// Keeps the reason, and stands for what there is none of.
    private mutating func refuse<Result>(_ reason: String) -> Result? {
        reasons.append(reason)
        return nil
    }
}
