extension String {
    /// The text as it may stand on one line of a terminal or a log, wherever it comes from: control characters, line
    /// breaks and invisible marks, such as those that change the direction of writing, are written `\u{1b}`.
    package var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isInvisible {
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether it moves the cursor, breaks the line or hides, instead of being seen.
    package var isInvisible: Bool {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
    }
}
