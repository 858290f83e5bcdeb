import Archive
import Content
import Testing

/// Links that lead out, and things written over or through them.
@Suite struct LinkRefusalTests {
    private func name(_ text: String) -> EntryName { EntryName(text.utf8) }

    @Test(arguments: [
        ("l", "/etc/passwd"), ("l", "/"), ("l", ".."), ("l", "../x"), ("l", "./../x"), ("l", ".//.././x"),
        ("d/l", "../.."), ("d/l", "../../x"), ("a/b/c/l", "../../../../x"),
    ])
    func aSymbolicLinkThatLeadsOut(_ link: (path: String, target: String)) throws {
        let tar = TarBuilder.tar { $0.symbolicLink(link.path, to: link.target) }
        let outcome = try readEveryWay(tar: tar)
        #expect(outcome.error == .badTarget(name(link.path), target: name(link.target), .outside))
        #expect(outcome.events.isEmpty)
    }

    @Test(arguments: [
        ("l", "x"), ("l", "."), ("d/l", ".."), ("d/l", "../x"), ("a/b/c/l", "../../../x"), ("l", "..x"), ("l", "l"),
        // What follows a name may lead through another link: only the store, which knows them all, can tell.
        ("l", "x/../../y"),
    ])
    func aSymbolicLinkThatMayStayInside(_ link: (path: String, target: String)) throws {
        let outcome = read(tar: TarBuilder.tar { $0.symbolicLink(link.path, to: link.target) })
        #expect(outcome.error == nil)
        #expect(outcome.events == [.symbolicLink(link.path, link.target)])
    }

    @Test func targetsThatAreNone() throws {
        let empty = TarBuilder.tar { $0.symbolicLink("l", to: "") }
        #expect(try readEveryWay(tar: empty).error == .badTarget(name("l"), target: name(""), .empty))
        let nul = TarBuilder.tar {
            $0.pax([("linkpath", "a\u{0}b")])
            $0.symbolicLink("l", to: "t")
        }
        #expect(try readEveryWay(tar: nul).error == .badTarget(name("l"), target: name("a\u{0}b"), .containsNUL))
        let long = String(repeating: "t", count: 4096)
        let tooLong = TarBuilder.tar {
            $0.pax([("linkpath", long)])
            $0.symbolicLink("l", to: "t")
        }
        #expect(read(tar: tooLong).error == .badTarget(name("l"), target: name(long), .tooLong))
        let emptyHard = TarBuilder.tar { $0.hardLink("l", to: "") }
        #expect(read(tar: emptyHard).error == .badTarget(name("l"), target: name(""), .empty))
    }

    // CVE-2021-29136
    @Test func theRootAsALink() throws {
        for root in [".", "./"] {
            #expect(
                read(tar: TarBuilder.tar { $0.symbolicLink(root, to: "x") }).error == .badName(name(root), .root)
            )
            let hard = TarBuilder.tar {
                $0.file("f")
                $0.hardLink(root, to: "f")
            }
            #expect(read(tar: hard).error == .badName(name(root), .root))
        }
        #expect(
            read(tar: TarBuilder.tar { $0.symbolicLink("/", to: "x") }).error == .badName(name("/"), .path(.absolute))
        )
    }

    // CVE-2026-33056
    @Test func aLinkAndThenADirectoryOfTheSameName() throws {
        let tar = TarBuilder.tar {
            $0.symbolicLink("x", to: "y")
            $0.directory("x/")
        }
        #expect(try readEveryWay(tar: tar).error == .clash(name("x")))
    }

    @Test func aLinkAndAnythingElseOfTheSameName() throws {
        let kinds: [(String, (inout TarBuilder) -> Void)] = [
            ("symbolic link", { $0.symbolicLink("x", to: "y") }), ("hard link", { $0.hardLink("x", to: "f") }),
            ("file", { $0.file("x") }), ("directory", { $0.directory("x") }),
        ]
        for (index, first) in kinds.enumerated() {
            for (other, second) in kinds.enumerated() where index < 2 || other < 2 {
                let tar = TarBuilder.tar {
                    $0.file("f")
                    first.1(&$0)
                    second.1(&$0)
                }
                #expect(read(tar: tar).error == .clash(name("x")), "\(first.0), then \(second.0)")
            }
        }
    }

    @Test func writingThroughALinkInsideTheTree() throws {
        let direct = TarBuilder.tar {
            $0.symbolicLink("x", to: "y")
            $0.file("x/f")
        }
        #expect(
            try readEveryWay(tar: direct).error == .notBelowDirectory(name("x/f"), ancestor: name("x"))
        )
        let deep = TarBuilder.tar {
            $0.file("a/b/f")
            $0.symbolicLink("a/b/x", to: "..")
            $0.file("a/b/f2")
            $0.directory("a/b/x/y/z")
        }
        #expect(
            read(tar: deep).error == .notBelowDirectory(name("a/b/x/y/z"), ancestor: name("a/b/x"))
        )
        let link = TarBuilder.tar {
            $0.symbolicLink("x", to: "y")
            $0.symbolicLink("x/l", to: "z")
        }
        #expect(read(tar: link).error == .notBelowDirectory(name("x/l"), ancestor: name("x")))
        let hard = TarBuilder.tar {
            $0.file("f")
            $0.hardLink("x", to: "f")
            $0.file("x/f")
        }
        #expect(read(tar: hard).error == .notBelowDirectory(name("x/f"), ancestor: name("x")))
    }

    // CVE-2020-27833, GHSA-m37j-52j7-pjw7: each link by itself stays inside, the chain climbs.
    @Test func aChainOfLinksThatClimbsCantBeWrittenThrough() throws {
        let tar = TarBuilder.tar {
            $0.directory("a")
            $0.symbolicLink("a/up", to: "..")
            $0.symbolicLink("a/up/up", to: "..")
        }
        #expect(read(tar: tar).error == .notBelowDirectory(name("a/up/up"), ancestor: name("a/up")))
    }

    @Test func aDirectoryThatBecomesALink() throws {
        let tar = TarBuilder.tar {
            $0.file("x/f")
            $0.symbolicLink("x", to: "y")
        }
        #expect(try readEveryWay(tar: tar).error == .clash(name("x")))
    }

    // CVE-2026-50163
    @Test(
        arguments: [
            ("/etc/passwd", .outside), ("../f", .outside), ("Package.swift", .notAFile), ("later", .notAFile),
            ("d", .notAFile), ("d/", .notAFile), ("d/f/", .notAFile), ("s", .notAFile), (".", .notAFile),
            ("h", .notAFile),
        ] as [(String, TargetFault)]
    )
    func aHardLinkToNoFileOfTheArchive(_ target: String, _ fault: TargetFault) throws {
        let tar = TarBuilder.tar {
            $0.file("d/f")
            $0.symbolicLink("s", to: "d/f")
            $0.hardLink("h", to: target)
            $0.file("later")
        }
        #expect(try readEveryWay(tar: tar).error == .badTarget(name("h"), target: name(target), fault))
    }

    @Test func hardLinksToFilesAndToHardLinks() throws {
        let tar = TarBuilder.tar {
            $0.file("d/f")
            $0.hardLink("d/h", to: "./d/f")
            $0.hardLink("h2", to: "d/h")
            $0.hardLink("h3", to: "d/f")
        }
        let outcome = read(tar: tar)
        #expect(outcome.error == nil)
        #expect(
            outcome.events.dropFirst() == [.hardLink("d/h", "d/f"), .hardLink("h2", "d/h"), .hardLink("h3", "d/f")]
        )
    }

    /// GNU tar would give the link the old content, others the new one.
    @Test func aFileThatIsLinkedToIsNotReplaced() throws {
        let tar = TarBuilder.tar {
            $0.file("f", "old")
            $0.hardLink("h", to: "f")
            $0.file("f", "new")
        }
        #expect(read(tar: tar).error == .clash(name("f")))
    }

    @Test func linksOfEarlierLayersCount() throws {
        var first = EntryReader(format: .tar, title: nil, size: 0)
        var sink = RecordingSink()
        let layer = TarBuilder.tar {
            $0.symbolicLink("x", to: "y")
            $0.file("f")
        }
        try first.consume(layer.span.bytes, into: &sink)
        try first.finish(into: &sink)
        let through = read(tar: TarBuilder.tar { $0.file("x/f") }, after: first.register)
        #expect(through.error == .notBelowDirectory(name("x/f"), ancestor: name("x")))
        let over = read(tar: TarBuilder.tar { $0.file("f") }, after: first.register)
        #expect(over.error == nil)
        #expect(over.files == 3)
    }
}
