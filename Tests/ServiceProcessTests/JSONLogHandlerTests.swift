import FastJSON
import Logging
import ServiceProcess
import Synchronization
import Testing

@Suite struct JSONLogHandlerTests {
  private final class Sink: Sendable {
    let bytes = Mutex<[UInt8]>([])
  }

  private func lines(_ use: (inout Logger) -> Void) throws -> [JSONObjectValue] {
    let sink = Sink()
    var logger = Logger(label: "quiver") { label in
      JSONLogHandler(label: label) { line in sink.bytes.withLock { $0 += line } }
    }
    use(&logger)
    let text = sink.bytes.withLock { $0 }
    #expect(text.isEmpty || text.last == 0x0A)
    return try text.split(separator: 0x0A).compactMap { line in
      guard case .object(let members) = try JSONValue(parsing: Array(line)) else { return nil }
      return members
    }
  }

  @Test func `a message is one object on one line`() throws {
    let found = try lines { logger in
      logger[metadataKey: "node"] = "a"
      logger.warning(
        "two\nlines and a \"quote\"",
        metadata: [
          "seconds": .stringConvertible(0.25), "status": .stringConvertible(503),
          "message": "taken", "inner": ["list": ["x", "y"]],
        ])
      logger.debug("not shown")
    }
    let line = try #require(found.first)
    #expect(found.count == 1)
    #expect(line["level"] == .string("warning") && line["logger"] == .string("quiver"))
    #expect(line["message"] == .string("two\nlines and a \"quote\""))
    #expect(line["seconds"] == .double(0.25) && line["status"] == .integer(503))
    #expect(line["_message"] == .string("taken") && line["node"] == .string("a"))
    #expect(line["inner"] == .object(["list": .array([.string("x"), .string("y")])]))
    guard case .string(let time)? = line["time"] else {
      Issue.record("no time")
      return
    }
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(time)")
  }
}
