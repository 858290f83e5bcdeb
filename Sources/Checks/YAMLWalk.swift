internal import YAML

/// Where one is in a YAML stream, and what has been seen of the document.
struct YAMLWalk {
    private struct Level {
        let isMapping: Bool
        let anchor: [UInt8]
        /// Whether a mapping's next node is a key.
        var isKeyNext: Bool
        /// Whether a mapping's next node is the value of a key such as `filepath`.
        var isReference = false
        /// Where the keys of this level begin in ``keys``.
        let firstKey: Int
        /// Nodes so far, aliases expanded.
        var nodes = 1
    }

    private struct Key {
        /// Of the text, seeded for this process: nobody can make two keys that collide.
        let hash: Int
        let line: Int
    }

    private(set) var references: [YAMLFile.Reference] = []
    private let collectsReferences: Bool
    private var levels: [Level] = []
    private var keys: [Key] = []
    /// How many nodes each anchor of the document stands for.
    private var anchors: [[UInt8]: Int] = [:]

    init(collectsReferences: Bool) {
        self.collectsReferences = collectsReferences
    }

    mutating func take(_ event: YAMLEvent, _ text: RawSpan, anchor: RawSpan, line: Int) throws {
        switch event {
        case .documentStart, .documentEnd:
            levels.removeAll(keepingCapacity: true)
            keys.removeAll(keepingCapacity: true)
            if !anchors.isEmpty { anchors = [:] }
        case .mappingStart: try enter(isMapping: true, anchor, line: line)
        case .sequenceStart: try enter(isMapping: false, anchor, line: line)
        case .mappingEnd, .sequenceEnd: try leave(line: line)
        case .scalar(let isPlain):
            takeScalar(text, isPlain: isPlain, line: line)
            if !anchor.isEmpty { anchors[Self.array(anchor)] = 1 }
            try add(nodes: 1, line: line)
        case .alias:
            guard let nodes = anchors[Self.array(text)] else {
                throw YAMLFault(line: line, reason: "an alias has no anchor before it")
            }
            turn()
            try add(nodes: nodes, line: line)
        }
    }

    private mutating func enter(isMapping: Bool, _ anchor: RawSpan, line: Int) throws {
        turn()
        guard levels.count < YAMLFile.deepest else {
            throw YAMLFault(line: line, reason: "it is nested deeper than \(YAMLFile.deepest) levels")
        }
        let name = anchor.isEmpty ? [] : Self.array(anchor)
        levels.append(Level(isMapping: isMapping, anchor: name, isKeyNext: isMapping, firstKey: keys.count))
    }

    /// Notes a key, or the path that stands behind one such as `filepath`.
    private mutating func takeScalar(_ text: RawSpan, isPlain: Bool, line: Int) {
        guard let last = levels.indices.last, levels[last].isMapping else { return }
        if levels[last].isKeyNext {
            var hasher = Hasher()
            // The buffer is only read, during the call.
            unsafe text.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
            // `1` and `"1"` are two keys to most readers.
            hasher.combine(isPlain)
            keys.append(Key(hash: hasher.finalize(), line: line))
            levels[last].isReference = collectsReferences && YAMLFile.isReferenceKey(text)
        } else if levels[last].isReference, !text.isEmpty {
            // The load is bounds-checked.
            let first = unsafe text.unsafeLoad(as: UInt8.self)
            if first == UInt8(ascii: "/") { references.append(.init(path: Self.array(text), line: line)) }
        }
        turn()
    }

    /// A node of the innermost mapping is over: after a key comes a value, after that a key.
    private mutating func turn() {
        guard let last = levels.indices.last, levels[last].isMapping else { return }
        levels[last].isKeyNext.toggle()
    }

    private mutating func leave(line: Int) throws {
        guard let level = levels.popLast() else { return }
        if level.isMapping {
            try demandUnique(keys[level.firstKey...])
            keys.removeSubrange(level.firstKey...)
        }
        if !level.anchor.isEmpty { anchors[level.anchor] = level.nodes }
        try add(nodes: level.nodes, line: line)
    }

    private func demandUnique(_ keys: ArraySlice<Key>) throws {
        guard keys.count > 1 else { return }
        let sorted = keys.sorted { ($0.hash, $0.line) < ($1.hash, $1.line) }
        for (one, other) in zip(sorted, sorted.dropFirst()) where one.hash == other.hash {
            throw YAMLFault(line: other.line, reason: "a key stands there that the mapping has in line \(one.line)")
        }
    }

    /// Adds to the innermost level; the outermost hands its sum over to nobody, as it has been judged on the way.
    private mutating func add(nodes: Int, line: Int) throws {
        guard let last = levels.indices.last else { return }
        // Each summand is below the ceiling: nothing overflows.
        levels[last].nodes += nodes
        guard levels[last].nodes <= YAMLFile.mostNodes else {
            throw YAMLFault(line: line, reason: "its aliases stand for more than \(YAMLFile.mostNodes) nodes")
        }
    }

    private static func array(_ span: RawSpan) -> [UInt8] {
        // The buffer is only read, during the call.
        unsafe span.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
