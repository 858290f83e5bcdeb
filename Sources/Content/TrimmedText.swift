extension StringProtocol {
    /// The text without the blanks and line breaks around it.
    package var trimmed: String {
        String(String(drop(while: \.isWhitespace)).reversed().drop(while: \.isWhitespace).reversed())
    }
}
