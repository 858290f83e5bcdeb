internal import CYaml

/// What comes next in a YAML stream (YAML 1.2, section 3.1.2, "Serialization Tree" as events).
package enum YAMLEvent: Hashable, Sendable {
    case documentStart
    case documentEnd
    case mappingStart
    case mappingEnd
    case sequenceStart
    case sequenceEnd
    /// `isPlain` where it has no quotes and is no block.
    case scalar(isPlain: Bool)
    case alias
}

/// Text as events, one after another; nothing is expanded and no tree is built.
package enum YAMLEvents {
    /// Reads all documents of `bytes`.
    ///
    /// - Parameter body: gets each event, the text of a scalar or the name of an alias, the anchor that the node has
    ///   (empty where it has none), and the line, from 1. The spans are only there during the call.
    /// - Throws: ``YAMLError``; what `body` throws. libyaml: `yaml_parser_parse`.
    package static func read(
        _ bytes: RawSpan,
        _ body: (_ event: YAMLEvent, _ text: RawSpan, _ anchor: RawSpan, _ line: Int) throws -> Void
    ) throws {
        try bytes.withUnsafeBytes { buffer in
            guard !hasTooManyDirectives(buffer) else { throw YAMLError.tooManyDirectives }
            var parser = yaml_parser_t()
            guard yaml_parser_initialize(&parser) == 1 else { throw YAMLError.tooMuch(line: 1) }
            defer { yaml_parser_delete(&parser) }
            yaml_parser_set_input_string(&parser, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count)
            var event = yaml_event_t()
            while true {
                guard yaml_parser_parse(&parser, &event) == 1 else { throw failure(of: parser) }
                defer { yaml_event_delete(&event) }
                if event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT { return }
                try give(event, body)
            }
        }
    }

    /// The most `%TAG` directives (YAML 1.2, section 6.8.2) of all documents together: libyaml compares each one with all
    /// others of its document, and 4 MiB of them took four minutes.
    static let mostDirectives = 1000

    /// Whether there are more `%TAG` than ``mostDirectives``, directives or not: a text that only says so as often is hardly
    /// anybody's.
    private static func hasTooManyDirectives(_ buffer: UnsafeRawBufferPointer) -> Bool {
        var count = 0
        // Without a branch, as this is asked of every file.
        for byte in buffer { count &+= byte == UInt8(ascii: "%") ? 1 : 0 }
        guard count > mostDirectives else { return false }
        count = 0
        var matched = 0
        let name = Array("%TAG".utf8)
        // A NUL is half of a letter in UTF-16.
        for byte in buffer where byte != 0 {
            matched = byte == name[matched] ? matched + 1 : byte == name[0] ? 1 : 0
            guard matched == name.count else { continue }
            count += 1
            matched = 0
        }
        return count > mostDirectives
    }

    private static func give(
        _ event: yaml_event_t,
        _ body: (YAMLEvent, RawSpan, RawSpan, Int) throws -> Void
    ) throws {
        let line = event.start_mark.line + 1
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        func send(_ kind: YAMLEvent, _ text: UnsafeRawBufferPointer, _ anchor: UnsafeRawBufferPointer) throws {
            try body(kind, RawSpan(_unsafeBytes: text), RawSpan(_unsafeBytes: anchor), line)
        }
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: try send(.documentStart, none, none)
        case YAML_DOCUMENT_END_EVENT: try send(.documentEnd, none, none)
        case YAML_MAPPING_START_EVENT: try send(.mappingStart, none, name(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: try send(.mappingEnd, none, none)
        case YAML_SEQUENCE_START_EVENT: try send(.sequenceStart, none, name(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: try send(.sequenceEnd, none, none)
        case YAML_ALIAS_EVENT: try send(.alias, name(event.data.alias.anchor), none)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = UnsafeRawBufferPointer(start: scalar.value, count: scalar.length)
            try send(.scalar(isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), text, name(scalar.anchor))
        default: break  // The stream's start.
        }
    }

    /// The text of a C string; empty for none.
    private static func name(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> UnsafeRawBufferPointer {
        guard let pointer else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return UnsafeRawBufferPointer(start: pointer, count: count)
    }

    private static func failure(of parser: yaml_parser_t) -> YAMLError {
        let mark = parser.problem_mark
        guard parser.error != YAML_MEMORY_ERROR else { return .tooMuch(line: parser.mark.line + 1) }
        let problem = parser.problem.map { String(cString: $0) } ?? "it can't be read"
        return .malformed(line: mark.line + 1, column: mark.column + 1, problem: problem)
    }
}
