package import Content
internal import HTTP

/// What `/-/status` tells.
package struct StatusDocument: Hashable, Sendable {
    /// That a release is held: no newer one is taken.
    package struct Hold: Hashable, Sendable {
        package var by: String
        package var reason: String?
        package var since: Timestamp

        package init(by: String, reason: String?, since: Timestamp) {
            self.by = by
            self.reason = reason
            self.since = since
        }
    }

    /// How the registry is being followed.
    package struct Sync: Hashable, Sendable {
        package var lastAttempt: Timestamp?
        package var lastSuccess: Timestamp?
        /// When the next poll is due.
        package var next: Timestamp?
        /// Why the last attempt failed; `nil` after a success.
        package var lastError: String?
        /// The newest candidate of the registry, as of the last poll that found out.
        package var newest: String?
        /// Since the daemon started.
        package var attempts: UInt64
        package var failures: UInt64

        package init(
            lastAttempt: Timestamp? = nil,
            lastSuccess: Timestamp? = nil,
            next: Timestamp? = nil,
            lastError: String? = nil,
            newest: String? = nil,
            attempts: UInt64 = 0,
            failures: UInt64 = 0
        ) {
            self.lastAttempt = lastAttempt
            self.lastSuccess = lastSuccess
            self.next = next
            self.lastError = lastError
            self.newest = newest
            self.attempts = attempts
            self.failures = failures
        }
    }

    /// The certificate that the listener shows.
    package struct Certificate: Hashable, Sendable {
        package var subject: String
        package var notAfter: Timestamp
        /// That it comes to its end soon, or has; `nil` where there is nothing to be done.
        package var warning: String?

        package init(subject: String, notAfter: Timestamp, warning: String?) {
            self.subject = subject
            self.notAfter = notAfter
            self.warning = warning
        }
    }

    /// How the files on the volume are.
    package struct Verification: Hashable, Sendable {
        /// When all of them were last re-hashed; `nil` where that was never.
        package var last: Timestamp?
        /// When they will be; `nil` where `storage.verifyInterval` is 0.
        package var next: Timestamp?
        /// Names that are damaged, as of the last time; those that were restored don't count.
        package var damaged: Int
        /// Names that were restored since the daemon started.
        package var restored: Int

        package init(last: Timestamp? = nil, next: Timestamp? = nil, damaged: Int = 0, restored: Int = 0) {
            self.last = last
            self.next = next
            self.damaged = damaged
            self.restored = restored
        }
    }

    /// The active release.
    package var release: ReleaseSummary?
    package var held: Hold?
    package var sync: Sync
    package var verification: Verification
    /// What the checks of the active release found, one sentence each.
    package var findings: [String]
    /// How many releases are retained.
    package var retained: Int
    package var certificate: Certificate?

    package init(
        release: ReleaseSummary? = nil,
        held: Hold? = nil,
        sync: Sync = Sync(),
        verification: Verification = Verification(),
        findings: [String] = [],
        retained: Int = 0,
        certificate: Certificate? = nil
    ) {
        self.release = release
        self.held = held
        self.sync = sync
        self.verification = verification
        self.findings = findings
        self.retained = retained
        self.certificate = certificate
    }

    /// The JSON document.
    package var json: [UInt8] {
        JSONWriter.document { json in
            json.object { json in
                json.name("release")
                if let release { release.write(to: &json) } else { json.null() }
                json.name("held")
                if let held { held.write(to: &json) } else { json.null() }
                json.name("sync")
                sync.write(to: &json)
                json.name("verification")
                verification.write(to: &json)
                json.name("findings")
                json.array { json in
                    for finding in findings { json.value(finding) }
                }
                json.member("retained", retained)
                json.name("certificate")
                if let certificate { certificate.write(to: &json) } else { json.null() }
            }
        }
    }
}

extension StatusDocument.Certificate {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("subject", subject)
            json.member("notAfter", notAfter.rfc3339)
            json.member("warning", warning)
        }
    }
}

extension StatusDocument.Hold {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("by", by)
            json.member("reason", reason)
            json.member("since", since.rfc3339)
        }
    }
}

extension StatusDocument.Sync {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("lastAttempt", lastAttempt?.rfc3339)
            json.member("lastSuccess", lastSuccess?.rfc3339)
            json.member("next", next?.rfc3339)
            json.member("lastError", lastError)
            json.member("newest", newest)
            json.member("attempts", attempts)
            json.member("failures", failures)
        }
    }
}

extension StatusDocument.Verification {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("last", last?.rfc3339)
            json.member("next", next?.rfc3339)
            json.member("damaged", damaged)
            json.member("restored", restored)
        }
    }
}

/// What a sync that was asked for came to: the answer to `POST /-/sync`.
package struct SyncReport: Hashable, Sendable {
    package enum Result: String, Sendable {
        /// A new release is served.
        case published
        /// There was nothing new.
        case unchanged
        /// A release is held, by this or before: nothing is taken from the registry.
        case held
        /// The registry is followed again.
        case resumed
        /// The sync failed; what was served before is still served.
        case failed
    }

    package var result: Result
    /// The release that is active after it.
    package var release: ReleaseSummary?
    /// Why it failed.
    package var error: String?
    /// What there is to know beside that, in one line.
    package var note: String?

    package init(result: Result, release: ReleaseSummary?, error: String? = nil, note: String? = nil) {
        self.result = result
        self.release = release
        self.error = error
        self.note = note
    }

    /// The JSON document.
    package var json: [UInt8] {
        JSONWriter.document { json in
            json.object { json in
                json.member("result", result.rawValue)
                json.name("release")
                if let release { release.write(to: &json) } else { json.null() }
                json.member("error", error)
                json.member("note", note)
            }
        }
    }
}
