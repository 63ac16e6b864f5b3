/// Shows progress: a bar that is redrawn on a terminal, elsewhere one plain line now and then.
package struct ProgressBar: IngestProgress {
  private static let cells = 28
  /// On no terminal, a line is written every so many files.
  private static let filesPerLine = 50

  private let isTerminal: Bool
  private let write: @Sendable (String) -> Void

  /// Writes through `write`, which takes text with its own line ends.
  package init(isTerminal: Bool, write: @escaping @Sendable (String) -> Void) {
    self.isTerminal = isTerminal
    self.write = write
  }

  package func advance(done: Int, of total: Int, passages: Int, current: String) {
    if isTerminal {
      let filled = total == 0 ? Self.cells : done * Self.cells / total
      let bar =
        String(repeating: "█", count: filled)
        + String(repeating: "░", count: Self.cells - filled)
      write("\r\u{1b}[2K\(bar) \(done)/\(total) files, \(passages) passages  \(current.suffix(40))")
    } else if done > 0, done.isMultiple(of: Self.filesPerLine) || done == total {
      write("\(done)/\(total) files, \(passages) passages\n")
    }
  }

  package func report(_ line: String) {
    write(isTerminal ? "\r\u{1b}[2K\(line)\n" : line + "\n")
  }

  package func finish() {
    if isTerminal { write("\r\u{1b}[2K") }
  }
}
