package import Content

/// The head of an answer with a file, from which those of others are made that differ in nothing but `ETag`,
/// `Last-Modified`, `Repr-Digest` and `Content-Length`.
///
/// Its fields were put together once, by whoever decides answers; this knows nothing of them but where the four are.
package struct HeadTemplate: Sendable {
    private enum Value {
        /// The digits of the digest that it begins with, not what tells one form of a file from another.
        case entityTag
        case lastModified
        case reprDigest
        case contentLength
    }

    private struct Place {
        let value: Value
        let range: Range<Int>
    }

    private let bytes: [UInt8]
    /// In their order in ``bytes``.
    private let places: [Place]
    /// Where the 29 characters of the `Date` begin, in all of them.
    package let dateOffset: Int
    /// The most bytes that a head takes: the longest `Content-Length` has 19 digits.
    package var mostBytes: Int { bytes.count + 19 }

    /// Takes a head; `nil` where it has not each of the four fields once, with a strong entity tag that begins with a digest's
    /// hex digits, or `Date` is not before them.
    package init?(_ head: ArraySlice<UInt8>, dateOffset: Int) {
        let bytes = Array(head)
        var places: [Place] = []
        func find(_ name: String, _ value: Value) {
            let line = Array("\r\n\(name): ".utf8)
            for start in bytes.indices.dropLast(line.count) where bytes[start...].starts(with: line) {
                let first = start + line.count
                guard let end = bytes[first...].firstIndex(of: UInt8(ascii: "\r")) else { return }
                var range = first..<end
                if value == .entityTag {
                    let digits = bytes[range].dropFirst().prefix(2 * Digest.byteCount)
                    range = bytes[first] == UInt8(ascii: "\"") ? digits.indices : first..<first
                }
                places.append(Place(value: value, range: range))
            }
        }
        find("ETag", .entityTag)
        find("Last-Modified", .lastModified)
        find(ReprDigest.fieldName, .reprDigest)
        find("Content-Length", .contentLength)
        guard places.map(\.value) == [.entityTag, .lastModified, .reprDigest, .contentLength],
            Digest(hex: String(decoding: bytes[places[0].range], as: UTF8.self)) != nil,
            places[1].range.count == HTTPDate.byteCount, places[2].range.count == ReprDigest.valueCount
        else { return nil }
        places.sort { $0.range.lowerBound < $1.range.lowerBound }
        guard dateOffset >= 0, dateOffset + HTTPDate.byteCount <= places[0].range.lowerBound else { return nil }
        self.bytes = bytes
        self.places = places
        self.dateOffset = dateOffset
    }

    /// Writes the head for a file, with an old `Date`.
    ///
    /// - Parameters:
    ///   - digest: of the file, which names it in the entity tag.
    ///   - sentDigest: of what is sent of it.
    ///   - size: of what is sent, in bytes.
    ///   - span: has room for ``mostBytes``.
    package func write(
        _ digest: Digest,
        lastModified: Timestamp,
        sentDigest: Digest,
        size: Int64,
        to span: inout OutputSpan<UInt8>
    ) {
        var done = 0
        for place in places {
            copy(done..<place.range.lowerBound, to: &span)
            done = place.range.upperBound
            switch place.value {
            case .entityTag:
                digest.writeHex(to: &span)
            case .lastModified:
                for byte in HTTPDate.bytes(lastModified) { span.append(byte) }
            case .reprDigest:
                ReprDigest.write(sentDigest, to: &span)
            case .contentLength:
                Self.write(size, to: &span)
            }
        }
        copy(done..<bytes.count, to: &span)
    }

    private func copy(_ range: Range<Int>, to span: inout OutputSpan<UInt8>) {
        for index in range { span.append(bytes[index]) }
    }

    /// In decimal digits.
    private static func write(_ number: Int64, to span: inout OutputSpan<UInt8>) {
        var scale: Int64 = 1
        while number / scale >= 10 { scale *= 10 }
        while scale > 0 {
            span.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / scale % 10))
            scale /= 10
        }
    }
}
