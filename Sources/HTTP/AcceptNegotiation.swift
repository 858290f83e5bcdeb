/// Chooses among the media types that a server can give, by what `Accept` asks for.
///
/// Specification: RFC 9110 sections 12.4.2 (weights) and 12.5.1 (`Accept`).
package enum AcceptNegotiation {
    /// How well an offer suits: its weight, then how precisely it was named.
    private struct Rank: Comparable {
        let weight: Int
        let precision: Int

        static func < (left: Self, right: Self) -> Bool {
            (left.weight, left.precision) < (right.weight, right.precision)
        }
    }

    private struct MediaRange {
        let type: String
        let subtype: String
        /// In thousandths.
        let weight: Int

        func precision(for offer: (type: String, subtype: String)) -> Int? {
            if type == offer.type, subtype == offer.subtype { return 2 }
            if type == offer.type, subtype == "*" { return 1 }
            return type == "*" && subtype == "*" ? 0 : nil
        }
    }

    /// The place in `offers` (lower-case `type/subtype`) of what suits best; the first one where nothing was asked for
    /// or nothing suits, as an answer of another type says more than 406 (section 12.5.1 leaves the choice).
    ///
    /// Of equally weighted ones, what was named wins over what a `*` covers, so that `application/json, */*` means
    /// JSON; then the earlier offer. Parameters other than the weight are not looked at.
    package static func choose(_ accept: String?, among offers: [String]) -> Int {
        guard let accept else { return 0 }
        let ranges = FieldList.elements(of: accept).compactMap(range)
        var best: (index: Int, rank: Rank)?
        for (index, offer) in offers.enumerated() {
            guard let names = names(of: offer[...]), let rank = rank(of: names, in: ranges), rank.weight > 0 else {
                continue
            }
            if best.map({ $0.rank < rank }) ?? true { best = (index, rank) }
        }
        return best?.index ?? 0
    }

    /// The weight of the most precise range that covers the offer.
    private static func rank(of offer: (type: String, subtype: String), in ranges: [MediaRange]) -> Rank? {
        var found: Rank?
        for range in ranges {
            guard let precision = range.precision(for: offer) else { continue }
            if found.map({ $0.precision < precision }) ?? true {
                found = Rank(weight: range.weight, precision: precision)
            }
        }
        return found
    }

    private static func range(_ element: Substring) -> MediaRange? {
        let (value, parameters) = FieldList.parameters(of: element)
        guard let names = names(of: value) else { return nil }
        var weight = 1000
        for parameter in parameters where ASCII.lowercased(parameter).hasPrefix("q=") {
            guard let parsed = Weight.thousandths(parameter.dropFirst(2)) else { return nil }
            weight = parsed
        }
        return MediaRange(type: names.type, subtype: names.subtype, weight: weight)
    }

    private static func names(of value: Substring) -> (type: String, subtype: String)? {
        let parts = value.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return (ASCII.lowercased(parts[0]), ASCII.lowercased(parts[1]))
    }
}
