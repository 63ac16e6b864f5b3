import Synchronization

/// A progress bar that is redrawn on a terminal; elsewhere a plain line every few seconds.
package final class ProgressBar: TransferProgress {
  private static let cells = 24
  private static let redraw = Duration.milliseconds(100)
  private static let newLine = Duration.seconds(5)

  private struct State {
    var title = ""
    var total = 0
    var done = 0
    var points = 0
    /// Points that were through before this run began.
    var firstPoints: Int?
    var began = ContinuousClock.now
    var shown: ContinuousClock.Instant?
  }

  private let isTerminal: Bool
  private let write: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// Writes through `write`, which takes text with its own line ends.
  package init(isTerminal: Bool, write: @escaping @Sendable (String) -> Void) {
    self.isTerminal = isTerminal
    self.write = write
  }

  /// Begins a new bar.
  package func begin(_ title: String, total: Int) {
    state.withLock { state in
      state = State()
      state.title = title
      state.total = total
    }
  }

  /// Redraws the bar, or writes a line, when it is time.
  package func advance(done: Int, points: Int) {
    let line: String? = state.withLock { state in
      if state.firstPoints == nil { state.firstPoints = points }
      (state.done, state.points) = (done, points)
      let now = ContinuousClock.now
      let pause = isTerminal ? Self.redraw : Self.newLine
      if let shown = state.shown ?? (isTerminal ? nil : state.began), now - shown < pause {
        return nil
      }
      state.shown = now
      return Self.line(state, at: now)
    }
    if let line { write(isTerminal ? "\r\u{1b}[2K\(line)" : line + "\n") }
  }

  /// Writes a line of its own.
  package func note(_ line: String) {
    write(isTerminal ? "\r\u{1b}[2K\(line)\n" : line + "\n")
  }

  /// Writes where it ended.
  package func end() {
    let line = state.withLock { Self.line($0, at: .now) }
    write(isTerminal ? "\r\u{1b}[2K\(line)\n" : line + "\n")
  }

  private static func line(_ state: State, at now: ContinuousClock.Instant) -> String {
    let seconds = (now - state.began) / .seconds(1)
    let fresh = state.points - (state.firstPoints ?? state.points)
    let rate = seconds > 0.2 ? Int(Double(fresh) / seconds) : 0
    let counts = "\(grouped(state.points)) points, \(grouped(rate))/s"
    guard state.total > 0 else { return "\(state.title)  \(counts)" }
    let share = min(1, Double(state.done) / Double(state.total))
    let filled = Int(share * Double(cells))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
    return "\(state.title)  \(bar) \(Int(share * 100)) %  \(counts)"
  }

  /// `12,345`.
  static func grouped(_ number: Int) -> String {
    var text = ""
    let digits = String(number)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }
}

/// Is told how a transfer goes.
package protocol TransferProgress: Sendable {
  /// A stretch of work begins.
  ///
  /// - Parameters:
  ///   - title: what is done, in a few words.
  ///   - total: its size, in whatever unit the advance is counted in; 0 when not known.
  func begin(_ title: String, total: Int)
  /// So much of it is done, and so many points are through.
  func advance(done: Int, points: Int)
  /// Something that the user should know and that is no failure.
  func note(_ line: String)
  /// The stretch is over.
  func end()
}
