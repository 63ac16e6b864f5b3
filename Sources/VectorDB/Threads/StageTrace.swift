import Tracing

/// The trace that a request's work belongs to, for spans of its stages: whatever tracer the process
/// has installed gets them. There is none but where the caller's task has a context, as it has when
/// its request is recorded, so that others cost one look at the task.
package struct StageTrace: Sendable {
  private let context: ServiceContext

  private init(_ context: ServiceContext) {
    self.context = context
  }

  /// The trace of the current task; `nil` for none, and on threads of our own.
  static var current: StageTrace? { ServiceContext.current.map { StageTrace($0) } }

  /// The moment as spans tell it, in nanoseconds.
  static var now: UInt64 { DefaultTracerClock.now.nanosecondsSinceEpoch }

  /// Notes a stage that is over.
  ///
  /// - Returns: the place of stages within it.
  @discardableResult
  func record(_ name: String, from start: UInt64, to end: UInt64 = now) -> StageTrace {
    let span = InstrumentationSystem.tracer.startSpan(
      name, context: context,
      at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: start))
    span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end))
    return StageTrace(span.context)
  }
}

extension StageTrace? {
  /// Does a stage of the work.
  func stage<Value, Failure: Error>(
    _ name: String, _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let self else { return try work() }
    let start = StageTrace.now
    defer { self.record(name, from: start) }
    return try work()
  }
}

/// The stages of one commit, for all requests that wait for it.
struct CommitStages {
  private let traces: [StageTrace]
  private let start: UInt64
  private var writing: (start: UInt64, end: UInt64)?

  init(_ parts: [any CommitPart]) {
    traces = parts.flatMap(\.traces)
    start = traces.isEmpty ? 0 : StageTrace.now
  }

  /// Times what brings the commit to the log, and with `sync` to the disk.
  mutating func write<Failure: Error>(_ work: () throws(Failure) -> Void) throws(Failure) {
    if traces.isEmpty { return try work() }
    let start = StageTrace.now
    try work()
    writing = (start, StageTrace.now)
  }

  /// The commit is done, or has failed.
  func end(isSynced: Bool) {
    if traces.isEmpty { return }
    let end = StageTrace.now
    for trace in traces {
      let commit = trace.record("commit", from: start, to: end)
      if let writing {
        commit.record(isSynced ? "sync" : "write", from: writing.start, to: writing.end)
      }
    }
  }
}
