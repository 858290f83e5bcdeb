import Platform
import Testing

struct PasswordHashTests {
    private static let password = Array("pässword".utf8)

    /// Made by Debian's libcrypt, by way of Python's `crypt`; the first three differ in their cost or salt only.
    @Test(arguments: [
        "$2y$04$abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG",
        "$2a$04$abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG",
        "$2b$05$abcdefghijklmnopqrstuucZGbUxuMlEqps0qcu2pjhO7vaatQZIC",
        "$5$saltstring$cRBhKSfYzTy7ht1J5qVPFV0KZImJ0U5L5Ezw0UdIOW4",
        "$5$rounds=1000$saltstring$m2xeW2hJtHO.lFMv98uWqyNAIlEzJ79VCf/16g7JVW5",
        "$6$saltstring$CSTM8ggie.dU5m6eoS07/LZ2D/r4hrX.jxMSo1fYZexnehwOFJu1o2u1p.BZSnrxIhERrHnuxI8ONbt/kSPvF0",
        "$y$j75$saltsaltsaltsalt$GTjgW/9UgmrXy8uruvVNL3v8/Cj7D8cOKPAWboOC/N5",
    ])
    func knowsItsPassword(text: String) throws {
        let hash = try PasswordHash(text)
        #expect(hash.isHash(of: Self.password))
        #expect(!hash.isHash(of: Array("password".utf8)))
        #expect(!hash.isHash(of: []))
        // C would stop at the NUL and take what is before it for the password.
        #expect(!hash.isHash(of: Self.password + [0]))
        #expect(!hash.isHash(of: [UInt8](repeating: 0x61, count: 100_000)))
    }

    /// As much as mkpasswd's costs of 5, its usual one, and 7.
    @Test(arguments: ["j9T", "jBT"]) func takesWhatIsUsual(parameters: String) throws {
        _ = try PasswordHash("$y$\(parameters)$saltsaltsaltsalt$GTjgW/9UgmrXy8uruvVNL3v8/Cj7D8cOKPAWboOC/N5")
        _ = try PasswordHash("$5$rounds=5000000$saltstring$m2xeW2hJtHO.lFMv98uWqyNAIlEzJ79VCf/16g7JVW5")
    }

    @Test(arguments: [
        ("$apr1$atkzx27s$RhtUrgBqvGeQ9arNIuWEr/", PasswordHash.Fault.refused(method: "MD5 ($apr1$)")),
        ("$1$atkzx27s$RhtUrgBqvGeQ9arNIuWEr/", .refused(method: "MD5 ($1$)")),
        ("{SHA}EfatjsUqKYSrqv18O1FlA3hcIHI=", .refused(method: "SHA-1 ({SHA})")),
        ("{SSHA}EfatjsUqKYSrqv18O1FlA3hcIHI=", .refused(method: "SHA-1 ({SSHA})")),
        (
            "$2y$31$abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG",
            .refused(method: "bcrypt with a cost above 16")
        ),
        (
            "$6$rounds=5000001$salt$CSTM8ggie.dU5m6eoS07/LZ2D/r4hrX.jxMSo1fYZexnehwOFJu1o2u1p.BZSnrxIhERrHnuxI8ONbt/kSPvF0",
            .refused(method: "SHA-512-crypt with more than 5000000 rounds")
        ),
        (
            "$5$rounds=99999999999999999999$s$m2xeW2hJtHO.lFMv98uWqyNAIlEzJ79VCf/16g7JVW5",
            .refused(method: "SHA-256-crypt with more than 5000000 rounds")
        ),
        (
            "$y$jCT$saltsaltsaltsalt$GTjgW/9UgmrXy8uruvVNL3v8/Cj7D8cOKPAWboOC/N5",
            .refused(method: "yescrypt with more memory than 64 MiB")
        ),
        (
            "$y$j9T.7$saltsaltsaltsalt$GTjgW/9UgmrXy8uruvVNL3v8/Cj7D8cOKPAWboOC/N5",
            .refused(method: "yescrypt with unusual parameters")
        ),
        (
            "$5$rounds=999$saltstring$m2xeW2hJtHO.lFMv98uWqyNAIlEzJ79VCf/16g7JVW5",
            .malformed(method: "SHA-256-crypt")
        ),
        (
            "$5$rounds=05000$saltstring$m2xeW2hJtHO.lFMv98uWqyNAIlEzJ79VCf/16g7JVW5",
            .malformed(method: "SHA-256-crypt")
        ),
        (
            "$5$rounds=5000x$saltstring$m2xeW2hJtHO.lFMv98uWqyNAIlEzJ79VCf/16g7JVW5",
            .malformed(method: "SHA-256-crypt")
        ),
        ("$2y$04$abcdefghijklmnopqrstuu", .malformed(method: "bcrypt")),
        ("$2y$xx$abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG", .malformed(method: "bcrypt")),
        ("$6$saltstring$", .malformed(method: "SHA-512-crypt")),
        ("$5$salt string$cRBhKSfYzTy7ht1J5qVPFV0KZImJ0U5L5Ezw0UdIOW4", .malformed(method: "SHA-256-crypt")),
        ("secret", .plainText), ("", .plainText), ("abJnggxhB/yWI", .plainText),
    ])
    func refusesWhatIsTooQuickTooSlowOrBroken(text: String, fault: PasswordHash.Fault) {
        #expect(throws: fault) { try PasswordHash(text) }
    }
}
