import Synchronization

/// Tells running work that nobody waits for it any more, and has long work on search threads give
/// way to other work.
///
/// Every loop of the read side looks at it at least every few thousand rows, or once in about a
/// millisecond. Any thread may cancel; only the thread that does the work looks.
final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  private let stopping: CancellationFlag?
  private let turn: SearchTurn?

  /// - Parameters:
  ///   - stopping: one that, when it is set, sets this one as well: the database ends.
  ///   - turn: the work's turn on a search thread; `nil` for work elsewhere, which gives way to
  ///     nobody.
  init(or stopping: CancellationFlag? = nil, turn: SearchTurn? = nil) {
    self.stopping = stopping
    self.turn = turn
  }

  var isCancelled: Bool {
    flag.load(ordering: .relaxed) || stopping?.isCancelled == true
  }

  func cancel() { flag.store(true, ordering: .relaxed) }

  /// Lets other work have the thread when this work's turn is over; then whether to stop. Not to
  /// be called with a lock held.
  func shouldStop() -> Bool {
    if isCancelled { return true }
    guard let turn else { return false }
    turn.giveWayIfOver()
    return isCancelled
  }

  /// ``shouldStop()``, as an error.
  func check() throws(CollectionError) {
    if shouldStop() { throw failure }
  }

  /// What work that stops answers.
  var failure: CollectionError {
    stopping?.isCancelled == true ? .shuttingDown : .timedOut("the request was given up")
  }
}

/// Has a loop of cheap steps look at a flag now and then.
struct WorkPace {
  private let flag: CancellationFlag
  private var steps = 0

  /// Steps between two looks: of tens of nanoseconds each.
  private static let stepsPerLook = 4096

  init(_ flag: CancellationFlag) {
    self.flag = flag
  }

  /// Counts what was done, in cheap steps such as the look at one row in memory.
  @inline(__always)
  mutating func step(_ count: Int = 1) throws(CollectionError) {
    steps &+= count
    if steps >= Self.stepsPerLook {
      steps = 0
      try flag.check()
    }
  }
}
