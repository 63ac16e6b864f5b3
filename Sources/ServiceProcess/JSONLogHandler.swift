import FastJSON
public import Logging

/// Writes every message as one JSON object a line:
/// `{"time":"…","level":"info","logger":"quiver","message":"…", …metadata}`.
public struct JSONLogHandler: LogHandler {
  private static let ownKeys: Set<String> = ["time", "level", "logger", "message"]

  /// The least severe messages that are written.
  public var logLevel = Logger.Level.info
  /// What goes with every message.
  public var metadata = Logger.Metadata()
  private let label: String
  private let write: @Sendable ([UInt8]) -> Void

  /// Writes to standard error.
  public init(label: String) {
    self.init(label: label, write: { StandardError.write($0) })
  }

  /// Writes through `write`, which takes whole lines.
  package init(label: String, write: @escaping @Sendable ([UInt8]) -> Void) {
    self.label = label
    self.write = write
  }

  /// What goes with every message under a name.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a message as one line.
  public func log(event: LogEvent) {
    var writer = JSONWriter(reservingCapacity: 256)
    writer.beginObject()
    writer.key("time")
    writer.string(Moment.text(Moment.now))
    writer.key("level")
    writer.string(event.level.rawValue)
    writer.key("logger")
    writer.string(label)
    writer.key("message")
    writer.string(event.message.description)
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      writer.key(Self.ownKeys.contains(key) ? "_" + key : key)
      Self.write(value, to: &writer)
    }
    writer.endObject()
    write(writer.bytes + [0x0A])
  }

  private static func write(_ value: Logger.Metadata.Value, to writer: inout JSONWriter) {
    switch value {
    case .string(let text): writer.string(text)
    case .stringConvertible(let value):
      switch value {
      case let number as Int: writer.integer(number)
      case let number as Double: writer.double(number)
      case let truth as Bool: writer.bool(truth)
      default: writer.string(value.description)
      }
    case .array(let values):
      writer.beginArray()
      for value in values { write(value, to: &writer) }
      writer.endArray()
    case .dictionary(let members):
      writer.beginObject()
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        writer.key(key)
        write(value, to: &writer)
      }
      writer.endObject()
    }
  }
}

/// How a process writes its log, which goes to standard error.
public enum LogFormat: String, Sendable, CaseIterable {
  /// Lines for people.
  case text
  /// One JSON object a line, for programs.
  case json

  /// Makes all loggers of the process write this way. To be called once, before any is made.
  public func bootstrap() {
    switch self {
    case .text: LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    case .json: LoggingSystem.bootstrap { JSONLogHandler(label: $0) }
    }
  }
}
