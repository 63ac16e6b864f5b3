package import Logging
import Synchronization

/// Writes down that something fails for one of many things, such as a collection or a kind of
/// request: ``OutageNotes`` for each. Those that fail at once beyond a bound share theirs, so
/// however many there are, the lines of a minute are bounded.
package final class OutageTopics: Sendable {
  private let failing: Logger.Message
  private let logger: Logger
  private let clock: @Sendable () -> UInt64
  private let topics = Mutex<[String: OutageNotes]>([:])
  private let others: OutageNotes

  /// Topics of one kind of outage with lines of their own; the others share one.
  package static let countMax = 16

  /// - Parameters:
  ///   - failing: what is written while it fails.
  ///   - clock: a clock that does not go back, in milliseconds.
  package init(
    _ failing: Logger.Message, logger: Logger, clock: @escaping @Sendable () -> UInt64
  ) {
    self.failing = failing
    self.logger = logger
    self.clock = clock
    others = OutageNotes(failing, logger: logger, clock: clock)
  }

  /// As above, by a clock of its own.
  package convenience init(_ failing: Logger.Message, logger: Logger) {
    self.init(failing, logger: logger, clock: OutageNotes.steadyClock())
  }

  /// It failed once more for `topic`.
  ///
  /// - Parameter details: what else is written of this failure, if it is.
  package func failed(
    of topic: String, _ reason: @autoclosure () -> String, level: Logger.Level = .warning,
    _ details: @autoclosure () -> Logger.Metadata = [:]
  ) {
    notes(of: topic).failed(reason(), level: level, details())
  }

  private func notes(of topic: String) -> OutageNotes {
    topics.withLock { topics in
      if let notes = topics[topic] { return notes }
      if topics.count == Self.countMax {
        let now = clock()
        topics = topics.filter { !$0.value.isQuiet(at: now) }
        if topics.count == Self.countMax { return others }
      }
      let notes = OutageNotes(failing, logger: logger, clock: clock)
      topics[topic] = notes
      return notes
    }
  }
}
