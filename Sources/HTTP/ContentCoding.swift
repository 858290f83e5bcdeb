/// The content codings that a server gives.
///
/// Specification: RFC 9110 sections 8.4.1 and 12.5.3 (`Accept-Encoding`).
package enum ContentCoding: Hashable, Sendable {
    /// The content as it is.
    case identity
    /// `gzip` (RFC 1952).
    case gzip

    /// What a client has said of the two.
    package enum Preference: Hashable, Sendable {
        /// gzip isn't wanted, or not asked for.
        case identity
        /// gzip is welcome, where it is worth it.
        case gzip
        /// gzip it has to be: the content as it is was ruled out.
        case onlyGzip
    }

    /// What `Accept-Encoding` asks for; without the field the content is given as it is.
    ///
    /// `x-gzip` is gzip (section 8.4.1.3). A coding that isn't named has the weight of `*`; without that, only identity
    /// is acceptable. Where both are ruled out the content is given as it is, which says more than 406 would (section
    /// 12.5.3 leaves the choice). Equal weights mean gzip, as everybody expects who writes `gzip, deflate`.
    package static func preference(_ acceptEncoding: String?) -> Preference {
        guard let acceptEncoding else { return .identity }
        var gzip: Int?
        var identity: Int?
        var other: Int?
        for element in FieldList.elements(of: acceptEncoding) {
            let (name, parameters) = FieldList.parameters(of: element)
            var weight = 1000
            for parameter in parameters where ASCII.lowercased(parameter).hasPrefix("q=") {
                // A weight that can't be understood asks for nothing.
                weight = Weight.thousandths(parameter.dropFirst(2)) ?? 0
            }
            switch ASCII.lowercased(name) {
            case "gzip", "x-gzip": gzip = max(gzip ?? 0, weight)
            case "identity": identity = weight
            case "*": other = weight
            default: break
            }
        }
        let gzipWeight = gzip ?? other ?? 0
        guard gzipWeight > 0 else { return .identity }
        switch identity ?? (other == 0 ? 0 : nil) {
        case 0?: return .onlyGzip
        case let weight?: return gzipWeight >= weight ? .gzip : .identity
        case nil: return .gzip
        }
    }
}
