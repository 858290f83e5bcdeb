/// Why some text is no YAML.
package enum YAMLError: Error, Hashable, Sendable {
    /// The text breaks the grammar; lines and columns count from 1, `problem` is libyaml's own word for it.
    case malformed(line: Int, column: Int, problem: String)
    /// More `%TAG` directives than ``YAMLEvents/mostDirectives``.
    case tooManyDirectives
    /// libyaml gave up for want of memory, or at its own limit of 1000 levels.
    case tooMuch(line: Int)
}

extension YAMLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed(let line, let column, let problem): "line \(line), column \(column): \(problem)"
        case .tooManyDirectives: "it has more than \(YAMLEvents.mostDirectives) %TAG directives"
        case .tooMuch(let line): "line \(line): it is nested deeper, or takes more memory, than a parser gives it"
        }
    }
}
