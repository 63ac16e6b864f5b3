import Synchronization
import VectorDB

/// The last line of the audit log that is of a call.
public final class AuditReceipt: Sendable {
  private let last = Atomic(0)

  /// Of a call that is in no line yet.
  init() {}

  /// The number of the line; 0 for none.
  fileprivate var line: Int { last.load(ordering: .acquiring) }

  /// Notes a further line of the call.
  fileprivate func note(_ line: Int) { last.max(line, ordering: .acquiringAndReleasing) }
}

/// The thread that appends the lines of the audit log to its file, and who waits for them.
///
/// Lines of calls that wait for theirs are as many as there are calls. Of callers who are turned
/// away at once, lines beyond ``bytesMax`` are lost.
final class AuditWriter: Sendable {
  /// Bytes of lines that wait for the disk; further ones are lost, which is told
  static let bytesMax = 8 << 20

  private struct Line {
    let bytes: [UInt8]
    let file: String
  }

  private struct State {
    var lines: [Line] = []
    var bytes = 0
    /// Lines that were given, and those of them that were written or lost.
    var given = 0
    var done = 0
    var waiting: [(line: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var hasFailed = false
  }

  /// What the thread and those who give it lines share.
  private final class Desk: Sendable {
    let state = Mutex(State())
    let signal = StopSignal()
    let onFailure: @Sendable (String) -> Void

    init(_ onFailure: @escaping @Sendable (String) -> Void) {
      self.onFailure = onFailure
    }

    /// Tells once that lines are lost, until some are written again.
    func note(_ failure: String?) {
      let isNew = state.withLock { state in
        defer { state.hasFailed = failure != nil }
        return failure != nil && !state.hasFailed
      }
      if isNew, let failure { onFailure(failure) }
    }
  }

  private let desk: Desk
  private let thread: NativeThread

  /// Starts the thread; `nil` when the system has none to give.
  ///
  /// - Parameter onFailure: told when lines are lost.
  init?(_ file: AuditFile, onFailure: @escaping @Sendable (String) -> Void) {
    let desk = Desk(onFailure)
    let thread = NativeThread {
      repeat { Self.write(what: desk, to: file) } while desk.signal.wait()
      Self.write(what: desk, to: file)
    }
    guard let thread else { return nil }
    self.desk = desk
    self.thread = thread
  }

  /// Has the thread end behind the lines that it was given.
  func stop() { desk.signal.stop() }

  /// Has a line written behind all that were given before it.
  ///
  /// - Parameter receipt: that of the call that the line is of.
  func give(_ line: [UInt8], in file: String, _ receipt: AuditReceipt?) {
    let number: Int? = desk.state.withLock { state in
      if state.bytes + line.count > Self.bytesMax { return nil }
      state.lines.append(Line(bytes: line, file: file))
      state.bytes += line.count
      state.given += 1
      return state.given
    }
    guard let number else { return desk.note("\(Self.bytesMax) bytes wait for the disk") }
    receipt?.note(number)
    desk.signal.ring()
  }

  /// Waits until the lines of a call are written or lost.
  func settle(_ receipt: AuditReceipt) async {
    let line = receipt.line
    if desk.state.withLock({ $0.done >= line }) { return }
    await withCheckedContinuation { continuation in
      let isDone = desk.state.withLock { state in
        if state.done >= line { return true }
        state.waiting.append((line, continuation))
        return false
      }
      if isDone { continuation.resume() }
    }
  }

  /// Writes the lines that wait, those of one file at once.
  private static func write(what desk: Desk, to file: AuditFile) {
    while true {
      let lines = desk.state.withLock { state in
        defer { (state.lines, state.bytes) = ([], 0) }
        return state.lines
      }
      if lines.isEmpty { return }
      var rest = lines[...]
      while let first = rest.first {
        let same = rest.prefix { $0.file == first.file }
        rest = rest.dropFirst(same.count)
        do throws(AuditFault) {
          try file.append(same.flatMap(\.bytes), to: first.file)
          desk.note(nil)
        } catch {
          desk.note(error.description)
        }
      }
      let settled = desk.state.withLock { state in
        state.done += lines.count
        let done = state.done
        defer { state.waiting.removeAll { $0.line <= done } }
        return state.waiting.filter { $0.line <= done }
      }
      for waiter in settled { waiter.continuation.resume() }
    }
  }
}
