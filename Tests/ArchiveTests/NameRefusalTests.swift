import Archive
import Content
import Testing

/// Names that must not get through, whichever way a format has to say them.
@Suite struct NameRefusalTests {
    enum Carrier: CaseIterable {
        case header
        case gnuLongName
        case pax
    }

    /// A file of the given name, said in one of the three ways.
    private func tar(_ name: String, _ carrier: Carrier) -> [UInt8] {
        TarBuilder.tar {
            switch carrier {
            case .header: $0.header(Array(name.utf8))
            case .gnuLongName:
                $0.long("L", name)
                $0.header(Array("harmless".utf8), magic: .gnu)
            case .pax:
                $0.pax([("path", name)])
                $0.header(Array("harmless".utf8))
            }
        }
    }

    @Test(
        arguments: [
            ("/etc/passwd", .path(.absolute)), ("//x", .path(.absolute)),
            ("..", .path(.climbs)), ("../x", .path(.climbs)), ("a/../../x", .path(.climbs)), ("a/..", .path(.climbs)),
            ("./", .root), (".", .root), ("././", .root), ("a/", .trailingSlash), ("a/.", .trailingSlash),
            (String(repeating: "d/", count: 64) + "f", .path(.tooDeep)),
        ] as [(String, NameFault)],
        Carrier.allCases
    )
    func badNames(_ bad: (name: String, fault: NameFault), _ carrier: Carrier) throws {
        // The deep one is longer than a header's field.
        guard carrier != .header || bad.name.utf8.count <= 100 else { return }
        let outcome = try readEveryWay(tar: tar(bad.name, carrier))
        #expect(outcome.error == .badName(EntryName(bad.name.utf8), bad.fault))
        #expect(outcome.events.isEmpty)
        #expect(outcome.files == 0)
    }

    @Test func anEmptyName() throws {
        #expect(try readEveryWay(tar: tar("", .header)).error == .badName(EntryName([]), .empty))
        #expect(try readEveryWay(tar: tar("", .gnuLongName)).error == .badName(EntryName([]), .empty))
        #expect(try readEveryWay(tar: tar("", .pax)).error == .badRecord(.ambiguousKey, offset: 512))
        let noBytes = TarBuilder.tar {
            $0.long("L", [UInt8]())
            $0.header(Array("f".utf8))
        }
        #expect(try readEveryWay(tar: noBytes).error == .badName(EntryName([]), .empty))
    }

    @Test func aNULWithinAName() throws {
        let long = TarBuilder.tar {
            $0.long("L", Array("a\u{0}b\u{0}".utf8))
            $0.file("f")
        }
        #expect(try readEveryWay(tar: long).error == .badName(EntryName("a\u{0}b\u{0}".utf8), .path(.containsNUL)))
        #expect(
            try readEveryWay(tar: tar("a\u{0}b", .pax)).error
                == .badName(EntryName("a\u{0}b".utf8), .path(.containsNUL))
        )
    }

    @Test func overlongNames() throws {
        let component = String(repeating: "n", count: 256)
        #expect(
            read(tar: tar(component, .pax)).error == .badName(EntryName(component.utf8), .path(.componentTooLong))
        )
        let path = String(repeating: String(repeating: "n", count: 99) + "/", count: 31)
        #expect(
            read(tar: tar(path + "f", .pax)).error == .badName(EntryName((path + "f").utf8), .path(.tooLong))
        )
        let beyond = String(repeating: "n", count: 9000)
        #expect(read(tar: tar(beyond, .gnuLongName)).error == .badHeader(.extensionTooLong, offset: 0))
    }

    @Test func aDirectoryThatClimbsOrIsAbsolute() throws {
        for (name, fault) in [("../", NameFault.path(.climbs)), ("/", .path(.absolute))] {
            let outcome = read(tar: TarBuilder.tar { $0.directory(name) })
            #expect(outcome.error == .badName(EntryName(name.utf8), fault))
        }
    }

    @Test func namesThatOnlyLookBad() throws {
        let names = ["a..b", "..a", "a..", "...", "a.", ".a", "..\\..\\x", "\\", "C:\\x", "a//b", " ", "-rf", "~", "é"]
        let outcome = read(tar: TarBuilder.tar { for name in names { $0.file(name) } })
        #expect(outcome.error == nil)
        #expect(outcome.paths == names.map { $0 == "a//b" ? "a/b" : $0 })
    }

    @Test func whatIsBothFileAndDirectory() throws {
        let fileFirst = TarBuilder.tar {
            $0.file("x")
            $0.directory("x")
        }
        #expect(try readEveryWay(tar: fileFirst).error == .clash(EntryName("x/".utf8.dropLast())))
        let directoryFirst = TarBuilder.tar {
            $0.directory("x")
            $0.file("x")
        }
        #expect(try readEveryWay(tar: directoryFirst).error == .clash(EntryName("x".utf8)))
        let impliedFirst = TarBuilder.tar {
            $0.file("x/y")
            $0.file("x")
        }
        #expect(try readEveryWay(tar: impliedFirst).error == .clash(EntryName("x".utf8)))
    }

    @Test func belowAFile() throws {
        let tar = TarBuilder.tar {
            $0.file("x")
            $0.file("x/y/z")
        }
        #expect(
            try readEveryWay(tar: tar).error
                == .notBelowDirectory(EntryName("x/y/z".utf8), ancestor: EntryName("x".utf8))
        )
    }

    @Test func slashesAtTheEndOfLinks() throws {
        #expect(
            read(tar: TarBuilder.tar { $0.symbolicLink("l/", to: "t") }).error
                == .badName(EntryName("l/".utf8), .trailingSlash)
        )
    }
}
