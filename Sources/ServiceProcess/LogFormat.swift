import Logging

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
