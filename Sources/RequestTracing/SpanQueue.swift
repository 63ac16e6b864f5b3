import Synchronization

/// The spans that have ended and wait for the exporter, so many and no more: whoever ends one goes
/// on at once, whatever the collector does.
public final class SpanQueue: Sendable {
  /// What the exporter is told.
  enum Signal: Sendable {
    /// There is a span where there was none.
    case first
    /// A message is full.
    case full
    /// The time to gather, or to pause, is over.
    case due
    /// The process ends.
    case ending
  }

  private struct State {
    var spans: [FinishedSpan] = []
    var dropped = 0
    var exported = 0
  }

  let limits: TracingLimits
  /// Heard by the exporter alone.
  let signals: AsyncStream<Signal>
  private let signal: AsyncStream<Signal>.Continuation
  private let state = Mutex(State())

  /// An empty queue.
  public init(_ limits: TracingLimits = TracingLimits()) {
    self.limits = limits
    // Few are sent: one when the queue fills, and one for each full message.
    (signals, signal) = AsyncStream.makeStream(of: Signal.self)
  }

  /// Spans that were lost: they found no place, or the collector would not have them.
  public var dropped: Int { state.withLock { $0.dropped } }
  /// Spans that the collector has taken.
  public var exported: Int { state.withLock { $0.exported } }

  /// Spans that wait.
  public var waiting: Int { state.withLock { $0.spans.count } }

  func push(_ span: FinishedSpan) {
    let told: Signal? = state.withLock { state in
      if state.spans.count >= limits.queuedSpansMax {
        state.dropped += 1
        return nil
      }
      state.spans.append(span)
      if state.spans.count == 1 { return .first }
      return state.spans.count == limits.batchSpansMax ? .full : nil
    }
    if let told { signal.yield(told) }
  }

  /// Tells the exporter something.
  func tell(_ told: Signal) { signal.yield(told) }

  /// The spans of one message, which leave the queue; none when it is empty.
  func take() -> [FinishedSpan] {
    state.withLock { state in
      let taken = Array(state.spans.prefix(limits.batchSpansMax))
      state.spans.removeFirst(taken.count)
      return taken
    }
  }

  /// Puts spans back that could not be sent, before those that came later, as far as there is room.
  func putBack(_ spans: [FinishedSpan]) {
    state.withLock { state in
      let kept = spans.suffix(max(0, limits.queuedSpansMax - state.spans.count))
      state.spans.insert(contentsOf: kept, at: 0)
      state.dropped += spans.count - kept.count
    }
  }

  func noteExported(_ count: Int, rejected: Int = 0) {
    state.withLock { state in
      state.exported += max(0, count - rejected)
      state.dropped += rejected
    }
  }

  func noteDropped(_ count: Int) { state.withLock { $0.dropped += count } }
}
