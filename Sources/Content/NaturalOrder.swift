/// The order in which a person would sort names: runs of digits count as numbers, so that `r9` comes before `r10`.
package enum NaturalOrder {
    /// Whether `left` comes before `right`. Equal numbers with more leading zeros come later; then bytes decide.
    package static func precedes(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        let a = Array(left.utf8)
        let b = Array(right.utf8)
        var i = 0
        var j = 0
        while i < a.count, j < b.count {
            guard isDigit(a[i]), isDigit(b[j]) else {
                if a[i] != b[j] { return a[i] < b[j] }
                i += 1
                j += 1
                continue
            }
            let runA = digits(of: a, from: i)
            let runB = digits(of: b, from: j)
            // Without leading zeros, the longer run is the larger number, whatever its length: nothing can overflow.
            let valueA = runA.drop(while: { $0 == UInt8(ascii: "0") })
            let valueB = runB.drop(while: { $0 == UInt8(ascii: "0") })
            if valueA.count != valueB.count { return valueA.count < valueB.count }
            if !valueA.elementsEqual(valueB) { return valueA.lexicographicallyPrecedes(valueB) }
            if runA.count != runB.count { return runA.count < runB.count }
            i += runA.count
            j += runB.count
        }
        return a.count - i < b.count - j
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func digits(of bytes: [UInt8], from start: Int) -> ArraySlice<UInt8> {
        bytes[start...].prefix(while: isDigit)
    }
}
