/// A reader of bytes from outside, with what must hold whatever the bytes are.
///
/// `Tests/fuzz.sh` feeds it what libFuzzer thinks up; every ordinary test run feeds it the seeds in `Tests/Seeds`, to
/// which each input that has found a fault is added.
package struct FuzzTarget: Sendable {
    /// Also that of its folder in `Tests/Seeds`.
    package let name: String
    /// Reads `bytes` in every way that must come to the same; throws ``Broken`` where something does not hold.
    package let run: @Sendable (_ bytes: [UInt8]) throws -> Void

    /// What did not hold.
    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }

    package static let all: [FuzzTarget] = [.tar, .layer, .members, .manifest, .challenge, .http, .records, .yaml]
}

extension FuzzTarget {
    static func demand(_ holds: Bool, _ description: @autoclosure () -> String) throws {
        if !holds { throw Broken(description: description()) }
    }

    /// Where to cut `bytes`: at places that follow from them, so that a run can be repeated.
    static func cuts(in bytes: [UInt8]) -> [Int] {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        guard bytes.count > 1 else { return [] }
        return Set(
            (0..<4).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(truncatingIfNeeded: state >> 33) % (bytes.count - 1) + 1
            }
        ).sorted()
    }

    /// The pieces between the cuts, as ranges.
    static func pieces(of bytes: [UInt8], cutAt cuts: [Int]) -> [Range<Int>] {
        zip([0] + cuts, cuts + [bytes.count]).map { $0..<$1 }
    }
}
