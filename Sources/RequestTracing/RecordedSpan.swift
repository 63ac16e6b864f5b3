import Synchronization
public import Tracing

/// A stage of a request's work: what it was called, when it began and ended, and what is to be said
/// of it. It is sent to the collector once it has ended; one of a trace that is not recorded is
/// forgotten. May be used from any thread.
public final class RecordedSpan: Span, Sendable {
  private struct State {
    var name: String
    var attributes = SpanAttributes()
    var status: SpanStatus?
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var hasEnded = false
  }

  /// The context of work that belongs below the span.
  public let context: ServiceContext
  let place: TraceParent
  private let parentID: UInt64?
  private let kind: SpanKind
  private let startedAt: UInt64
  private let queue: SpanQueue?
  private let state: Mutex<State>

  /// A span that has begun.
  ///
  /// - Parameters:
  ///   - place: its own place.
  ///   - parentID: the span that it belongs below; `nil` for none.
  ///   - context: what it begins in.
  ///   - queue: takes it when it has ended; `nil` to forget it.
  init(
    _ name: String, _ kind: SpanKind, at place: TraceParent, below parentID: UInt64?,
    in context: ServiceContext, startedAt: UInt64, queue: SpanQueue?
  ) {
    self.place = place
    self.parentID = parentID
    self.kind = kind
    self.startedAt = startedAt
    self.queue = queue
    var context = context
    context.traceParent = place
    self.context = context
    state = Mutex(State(name: name))
  }

  /// Whether it is kept for the collector.
  public var isRecording: Bool { queue != nil && !state.withLock { $0.hasEnded } }

  /// What the stage is called.
  public var operationName: String {
    get { state.withLock { $0.name } }
    set { state.withLock { $0.name = newValue } }
  }

  /// What is to be said of it, by names of OpenTelemetry's where there are any.
  public var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { state.withLock { $0.attributes = newValue } }
  }

  /// Says how it has gone.
  public func setStatus(_ status: SpanStatus) { state.withLock { $0.status = status } }

  /// Notes that something has happened.
  public func addEvent(_ event: SpanEvent) {
    guard let limit = queue?.limits.eventsMax else { return }
    state.withLock { state in if state.events.count < limit { state.events.append(event) } }
  }

  /// Notes a span of another trace.
  public func addLink(_ link: SpanLink) {
    guard let limit = queue?.limits.eventsMax else { return }
    state.withLock { state in if state.links.count < limit { state.links.append(link) } }
  }

  /// Notes an error: what it is, not what it says, which may be a caller's data.
  public func recordError<Instant: TracerInstant>(
    _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
  ) {
    var attributes = attributes
    attributes.set("exception.type", value: .string("\(type(of: error))"))
    addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
  }

  /// Ends it, once.
  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    guard let queue else { return }
    let endedAt = instant().nanosecondsSinceEpoch
    let ended: FinishedSpan? = state.withLock { state in
      if state.hasEnded { return nil }
      state.hasEnded = true
      return FinishedSpan(
        name: state.name, place: place, parentID: parentID, kind: kind, startedAt: startedAt,
        endedAt: max(startedAt, endedAt), attributes: state.attributes, status: state.status,
        events: state.events, links: state.links)
    }
    if let ended { queue.push(ended) }
  }
}

/// A span that has ended and waits to be sent.
struct FinishedSpan: Sendable {
  let name: String
  let place: TraceParent
  let parentID: UInt64?
  let kind: SpanKind
  let startedAt: UInt64
  let endedAt: UInt64
  let attributes: SpanAttributes
  let status: SpanStatus?
  let events: [SpanEvent]
  let links: [SpanLink]
}
