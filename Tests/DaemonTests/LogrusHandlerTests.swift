import Content
import Daemon
import Foundation
import Logging
import Synchronization
import Testing

@Suite struct LogrusHandlerTests {
    private final class Sink: Sendable {
        let lines = Mutex<[String]>([])
    }

    private func line(
        _ format: Configuration.Log.Format = .text,
        _ message: Logger.Message,
        _ metadata: Logger.Metadata = [:]
    ) throws -> String {
        let sink = Sink()
        var logger = Logger(label: "test") { _ in
            LogrusHandler(
                format: format,
                level: .info,
                write: { line in sink.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } },
                now: { Timestamp(seconds: 1_733_488_994) }
            )
        }
        logger[metadataKey: "a"] = metadata.isEmpty ? nil : "1"
        logger.info(message, metadata: metadata)
        return try #require(sink.lines.withLock { $0.first })
    }

    @Test func textIsTheGuides() throws {
        #expect(
            try line(.text, "tags[4.5.13 4.5.15 0.0.0]")
                == "time=\"2024-12-06T12:43:14Z\" level=info msg=\"tags[4.5.13 4.5.15 0.0.0]\"\n"
        )
    }

    @Test func fieldsFollowInOrder() throws {
        #expect(
            try line(.text, "x", ["z": "plain/1.0", "b": "two words", "c": ""])
                == "time=\"2024-12-06T12:43:14Z\" level=info msg=\"x\" a=1 b=\"two words\" c=\"\" z=plain/1.0\n"
        )
    }

    @Test func nothingFromOutsideEndsTheLine() throws {
        let text = try line(.text, "a\nlevel=fatal \"q\" \u{1b}[31m\u{2028}\u{202e}")
        #expect(text.filter { $0 == "\n" }.count == 1)
        #expect(text.contains(#"msg="a\nlevel=fatal \"q\" \u001b[31m\u2028\u202e""#), "\(text)")
    }

    @Test func jsonIsOneObject() throws {
        let text = try line(.json, "a \"b\"\n\u{1}", ["k": "v\\"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
        #expect(
            object == ["time": "2024-12-06T12:43:14Z", "level": "info", "msg": "a \"b\"\n\u{1}", "k": "v\\", "a": "1"]
        )
    }
}
