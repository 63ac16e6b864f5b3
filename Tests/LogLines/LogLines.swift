package import Logging
import Synchronization

/// What a test had written into a log, line by line.
package final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])
  private let details: [String]

  /// - Parameter details: what of a line's metadata stands behind its message.
  package init(with details: [String] = []) { self.details = details }

  /// A logger that writes here.
  package var logger: Logger {
    Logger(label: "test") { _ in LineHandler(lines: self) }
  }

  /// The lines so far that begin so, without the `details` that a line lacks.
  package func all(_ begin: String = "") -> [String] {
    lines.withLock { $0.filter { $0.hasPrefix(begin) } }
  }

  /// The lines since they were taken last.
  package func take() -> [String] {
    lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
  }

  fileprivate func add(_ event: LogEvent) {
    let parts = details.compactMap { event.metadata?[$0].map { "\($0)" } }
    lines.withLock { $0.append((["\(event.message)"] + parts).joined(separator: " ")) }
  }
}

private struct LineHandler: LogHandler {
  let lines: LogLines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add(event) }
}
