import Checks
import Testing

/// What a YAML file is found to be.
@Suite struct YAMLFileTests {
    private func read(_ text: String) -> YAMLFile {
        YAMLFile(Array(text.utf8).span.bytes, collectsReferences: true)
    }

    @Test(arguments: [
        "", "# nothing but a comment\n", "a: 1\n", "- a\n- b\n", "just a scalar", "a: 1\n---\nb: 2\n---\n- c\n...\n",
        "%YAML 1.1\n---\na: b\n", "\u{FEFF}a: ü\n", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: [*x, *x]\n",
        "a: |\n  text: {{ not looked at }}\n", "? [complex, key]\n: value\n? {a: 1}\n: 2\n", "a: 1\n'a ': 2\n",
        "1: a\n\"1\": b\n", "x: {a: 1}\ny: {a: 1}\n", "a: &n 1\n---\na: &n 2\nb: *n\n",
        "{\"json\": [1, 2, {\"too\": null}]}",
    ])
    func whatParses(_ text: String) {
        #expect(read(text).fault == nil)
    }

    @Test(arguments: [
        ("a: b: c\n", "line 1, column 5: mapping values are not allowed"), ("a: [1, 2\n", "line 2, column 1:"),
        ("a:\n\t- b\n", "line 2"), ("- a\nb: c\n", "line 2"), ("a: 'b\n", "unexpected end of stream"),
        ("a: *x\n", "line 1: an alias has no anchor"), ("a: &x 1\n---\nb: *x\n", "line 3: an alias has no anchor"),
        ("a: &x [*x]\n", "an alias has no anchor"),
        ("a: 1\nb: 2\na: 3\n", "line 3: a key stands there that the mapping has in line 1"),
        ("x:\n  - {b: 1, c: 2, b: 3}\n", "a key stands there"), ("a: {{ .Values.x }}: y\n", "line 1"),
        ("a: \u{1}\n", "control characters are not allowed"), ("%YAML 3.0\n---\na: b\n", "line 1"),
    ])
    func whatDoesNot(_ text: String, _ expected: String) {
        let fault = read(text).fault
        #expect(fault?.contains(expected) == true, "\(fault ?? "no fault")")
    }

    /// libyaml compares each directive with all others: 4 MiB of them took minutes.
    @Test func directivesWithoutMeasure() {
        let text = (0..<1000).map { "%TAG !a\($0)! tag:x,2024:\n" }.joined()
        #expect(read(text + "---\na: b\n").fault == nil)
        let more = text + "%TAG !b! tag:x,2024:\n---\na: b\n"
        #expect(read(more).fault == "it has more than 1000 %TAG directives")
        for isLittle in [true, false] {
            let units = ("\u{FEFF}" + more).utf16.flatMap { unit in
                let bytes = [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)]
                return isLittle ? bytes : bytes.reversed()
            }
            let file = YAMLFile(units.span.bytes, collectsReferences: false)
            #expect(file.fault == "it has more than 1000 %TAG directives")
        }
        // What only looks like them.
        #expect(read("a: |\n" + String(repeating: "  100% TAG %T %%A\n", count: 5000)).fault == nil)
    }

    @Test func invalidUTF8IsNamed() {
        let file = YAMLFile(([0x61, 0x3A, 0x20, 0xFF, 0x0A] as [UInt8]).span.bytes, collectsReferences: false)
        #expect(file.fault?.contains("UTF-8") == true)
    }

    /// "Billion laughs": a few hundred bytes that stand for 10^12 nodes.
    @Test func aBombOfAliases() {
        func bomb(levels: Int) -> String {
            var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            for level in 1..<levels {
                let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
                text += "a\(level): &a\(level) [\(aliases)]\n"
            }
            return text
        }
        #expect(read(bomb(levels: 5)).fault == nil)
        #expect(read(bomb(levels: 12)).fault?.contains("its aliases stand for more than 10000000 nodes") == true)
    }

    @Test func nestingWithoutEnd() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(read(nested(256)).fault == nil)
        #expect(read(nested(257)).fault?.contains("nested deeper than 256 levels") == true)
        #expect(read(String(repeating: "[", count: 1 << 20)).fault != nil)
        #expect(read(String(repeating: "- ", count: 1 << 20)).fault != nil)
        #expect(read(String(repeating: "{a: ", count: 1 << 18)).fault != nil)
    }

    @Test func referencesAreFoundAnywhere() {
        let file = read(
            """
            filepath: /top.yaml
            versions:
              - version: "4.0"
                filepath: "/roar/4.0/version.yaml"
                patchVersionsFilepath: /roar/4.0/versions.yaml
                nested: {deep: [{FILEPATH: '/deep.yaml'}]}
            other: /not/one
            filepath2: /nor/this
            pathOfFilepaths: [/nor/these]
            empty: {filepath: ""}
            nothing: {filepath: }
            url: {filepath: https://registry.example/x}
            relative: {filepath: a/b}
            mapping: {filepath: {x: /nor/here}}
            key: {/filepath: /after.yaml}
            ---
            logoFilePath: /second-document
            """
        )
        #expect(file.fault == nil)
        #expect(
            file.references.map { "\($0.line) \(String(decoding: $0.path, as: UTF8.self))" } == [
                "1 /top.yaml", "4 /roar/4.0/version.yaml", "5 /roar/4.0/versions.yaml", "6 /deep.yaml",
                "15 /after.yaml",
                "17 /second-document",
            ]
        )
        let unasked = YAMLFile(Array("filepath: /x\n".utf8).span.bytes, collectsReferences: false)
        #expect(unasked.references.isEmpty)
    }

    @Test func whatStandsBeforeAFaultCountsStill() {
        #expect(read("filepath: /x\nb: [\n").references.count == 1)
    }

    /// Whatever was cut off: an answer, never a trap.
    @Test func everyPrefixOfAFile() {
        let text = Array("a: &x {filepath: /b, c: [1, '2', \"3\"]}\n? *x\n: |+\n  text\n--- !!str\n- *y\n...\n".utf8)
        for count in text.indices {
            _ = YAMLFile(text.span.bytes.extracting(0..<count), collectsReferences: true)
        }
    }
}
