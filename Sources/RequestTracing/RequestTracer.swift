import Synchronization
public import Tracing

/// Makes the spans of a process, and carries the places of traces from and into headers.
///
/// Which traces are recorded is decided where they begin: a request that names its place is
/// recorded if its caller's is, others by their share. A tracer without a queue records nothing,
/// and still passes on the places that it is given.
public final class RequestTracer: Tracer {
  /// What it makes.
  public typealias Span = RecordedSpan

  /// Takes spans that have ended; `nil` where nothing is recorded.
  public let queue: SpanQueue?
  private let threshold: UInt64
  private let takesAll: Bool
  private let passesOn: Bool
  private let seed = UInt64.random(in: .min ... .max)
  private let counter = Atomic<UInt64>(.random(in: .min ... .max))

  /// - Parameters:
  ///   - queue: takes spans that have ended; `nil` to record nothing.
  ///   - ratio: the share, from 0 to 1, of the traces which begin here that are recorded.
  ///   - passesOn: whether requests have others done for them, so that the place of a trace matters
  ///     also where it is not recorded.
  public init(queue: SpanQueue? = nil, ratio: Double = 1, passesOn: Bool = false) {
    self.queue = queue
    takesAll = ratio >= 1
    threshold = takesAll ? .max : UInt64(max(0, ratio) * 0x1p64)
    self.passesOn = passesOn
  }

  /// Records nothing.
  public static let off = RequestTracer()

  /// The trace of a request that has arrived.
  ///
  /// - Parameter parent: the place that its headers name.
  public func accept(
    _ parent: TraceParent?, called name: @autoclosure () -> String
  ) -> RequestTrace {
    guard let queue else {
      guard passesOn, let parent else { return RequestTrace(id: parent?.traceID) }
      return passed(parent)
    }
    if parent == nil, !passesOn, !takesAll, random() >= threshold { return RequestTrace() }
    if let parent, !passesOn, !parent.isSampled { return RequestTrace(id: parent.traceID) }
    let place = parent?.below(newSpanID()) ?? newPlace(isDecided: !passesOn)
    guard place.isSampled else { return passed(place) }
    let span = RecordedSpan(
      name(), .server, at: place, below: parent?.spanID, in: .topLevel,
      startedAt: DefaultTracerClock.now.nanosecondsSinceEpoch, queue: queue)
    return RequestTrace(id: place.traceID, context: span.context, span: span)
  }

  /// The trace of a request that is not recorded, and whose place others are told of.
  private func passed(_ place: TraceParent) -> RequestTrace {
    var context = ServiceContext.topLevel
    context.traceParent = place
    return RequestTrace(id: place.traceID, context: context)
  }

  /// Begins a span in a context: below the place that this names, or of a trace of its own.
  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
  ) -> RecordedSpan {
    let context = context()
    let parent = context.traceParent
    // What is not recorded has no places of its own.
    let place =
      if let parent { queue != nil && parent.isSampled ? parent.below(newSpanID()) : parent } else {
        newPlace(isDecided: false)
      }
    return RecordedSpan(
      operationName, kind, at: place, below: parent?.spanID, in: context,
      startedAt: instant().nanosecondsSinceEpoch, queue: place.isSampled ? queue : nil)
  }

  /// Does nothing: the exporter sends what there is when it is told to end.
  public func forceFlush() {}

  /// Reads the place of a trace from headers.
  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
  ) where Extract.Carrier == Carrier {
    context.traceParent = TraceParent(
      extractor.extract(key: TraceParent.header, from: carrier),
      state: extractor.extract(key: TraceParent.stateHeader, from: carrier))
  }

  /// Writes the place of a trace into headers.
  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let place = context.traceParent else { return }
    injector.inject(place.text, forKey: TraceParent.header, into: &carrier)
    if !place.state.isEmpty {
      injector.inject(place.state, forKey: TraceParent.stateHeader, into: &carrier)
    }
  }

  // MARK: Numbers

  /// The place of the first span of a trace.
  ///
  /// - Parameter isDecided: whether it is to be recorded in any case.
  private func newPlace(isDecided: Bool) -> TraceParent {
    let id = TraceParent.TraceID(high: random(), low: random() | 1)
    let isSampled = queue != nil && (isDecided || takesAll || random() < threshold)
    return TraceParent(traceID: id, spanID: newSpanID(), isSampled: isSampled)
  }

  private func newSpanID() -> UInt64 { max(1, random()) }

  /// Numbers that nobody has to guess, and that differ from those of other processes: steps of a
  /// counter, well mixed (SplitMix64), because the system's own take a call of the kernel each.
  private func random() -> UInt64 {
    var mixed = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue ^ seed
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
