import Synchronization

/// Tells running work that nobody waits for it any more, and has long work on search threads give
/// way to other work.
///
/// Every loop of the read side looks at it at least every few thousand rows, or once in about a
/// millisecond. Any thread may cancel; only the thread that does the work looks.
final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  private let stopping: CancellationFlag?
  /// Those who wait for the work; none for one that only this flag itself tells of.
  private let callers: [CancellationFlag]
  private let turn: SearchTurn?

  /// - Parameters:
  ///   - stopping: one that, when it is set, sets this one as well: the database ends.
  ///   - turn: the work's turn on a search thread; `nil` for work elsewhere, which gives way to
  ///     nobody.
  convenience init(or stopping: CancellationFlag? = nil, turn: SearchTurn? = nil) {
    self.init(stopping, callers: [], turn)
  }

  /// A flag that is set when nobody waits any more: when those of all `callers` are.
  convenience init(
    ofAll callers: [CancellationFlag], or stopping: CancellationFlag, turn: SearchTurn
  ) {
    self.init(stopping, callers: callers, turn)
  }

  private init(
    _ stopping: CancellationFlag?, callers: [CancellationFlag], _ turn: SearchTurn?
  ) {
    self.stopping = stopping
    self.callers = callers
    self.turn = turn
  }

  /// A flag that is set when this one is, for the part of the work that has `turn`.
  func taking(_ turn: SearchTurn) -> CancellationFlag {
    CancellationFlag(stopping, callers: [self], turn)
  }

  var isCancelled: Bool {
    flag.load(ordering: .relaxed) || stopping?.isCancelled == true
      || !callers.isEmpty && callers.allSatisfy(\.isCancelled)
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

/// Has work on payloads look at a flag now and then: a payload may be long, and conditions and
/// indexes that look at it may be many. For one thread at a time.
///
/// What comes of the work once it is over counts for nothing: conditions still answer yes or no.
final class PayloadPace {
  private let flag: CancellationFlag
  private var steps = 0
  private var conditionSteps = 2
  /// Steps that are made whatever the flag says.
  private var stepsToFinish: Int
  private(set) var isOver = false

  private static let stepsPerLook = 4096

  /// - Parameter stepsToFinish: work of no more steps than these is finished though its flag is
  ///   set.
  init(_ flag: CancellationFlag, stepsToFinish: Int = 0) {
    self.flag = flag
    self.stepsToFinish = stepsToFinish
  }

  /// Begins with a point whose payload has so many bytes, all of which a condition may walk over.
  func begin(payloadBytes: Int) { conditionSteps = 2 + payloadBytes / 64 }

  /// Counts a condition that is asked next; whether to go on.
  @inline(__always)
  func stepCondition() -> Bool { step(conditionSteps) }

  /// Counts what is done next, in steps of tens of nanoseconds; whether to go on.
  @inline(__always)
  func step(_ count: Int) -> Bool {
    steps &+= count
    if steps >= Self.stepsPerLook { look() }
    return !isOver
  }

  private func look() {
    stepsToFinish -= min(steps, stepsToFinish)
    steps = 0
    if !isOver, flag.shouldStop() { isOver = stepsToFinish == 0 }
  }

  /// Whether to go on with a text, of which about so many characters were looked at since this was
  /// asked last.
  func goOnWithText() -> Bool { step(Self.stepsPerLook) }

  /// Fails when what came of the work counts for nothing.
  func check() throws(CollectionError) {
    if isOver { throw flag.failure }
  }
}
