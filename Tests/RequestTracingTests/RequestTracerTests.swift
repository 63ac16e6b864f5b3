import RequestTracing
import Testing
import Tracing

@Suite struct RequestTracerTests {
  private struct Headers: Injector, Extractor {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
      carrier[key] = value
    }

    func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
  }

  private func headers(of context: ServiceContext, _ tracer: RequestTracer) -> [String: String] {
    var headers: [String: String] = [:]
    tracer.inject(context, into: &headers, using: Headers())
    return headers
  }

  @Test func aRequestGoesOnInTheTraceThatItNames() throws {
    let tracer = RequestTracer(queue: SpanQueue(), ratio: 0)
    let given = TraceParent(TraceParentTests.good, state: "vendor=a")
    let trace = tracer.accept(given, called: "request")
    #expect(trace.id == TraceParentTests.trace)
    let span = try #require(trace.span)
    let told = headers(of: span.context, tracer)
    let place = try #require(TraceParent(told["traceparent"]))
    #expect(place.traceID == given?.traceID)
    #expect(place.isSampled && place.text != TraceParentTests.good)
    #expect(told["tracestate"] == "vendor=a")
  }

  @Test func theShareDecidesWhereTracesBegin() {
    let all = RequestTracer(queue: SpanQueue(), ratio: 1)
    #expect(all.accept(nil, called: "request").span != nil)
    let none = RequestTracer(queue: SpanQueue(), ratio: 0)
    #expect(none.accept(nil, called: "request").span == nil)
    let some = RequestTracer(queue: SpanQueue(), ratio: 0.25)
    let taken = (0..<4000).count { _ in some.accept(nil, called: "request").span != nil }
    #expect((800...1200).contains(taken))
  }

  @Test func aTraceThatIsNotRecordedIsPassedOnAsSuch() async throws {
    let silent = String(TraceParentTests.good.dropLast(2)) + "00"
    let tracer = RequestTracer(queue: SpanQueue(), ratio: 1, passesOn: true)
    let trace = tracer.accept(TraceParent(silent), called: "request")
    #expect(trace.span == nil && trace.id == TraceParentTests.trace)
    let context = try #require(await trace.whileCurrent { ServiceContext.current })
    let inner = tracer.startSpan("inner", context: context)
    #expect(!inner.isRecording)
    let told = TraceParent(headers(of: inner.context, tracer)["traceparent"])
    #expect(told?.traceID.text == TraceParentTests.trace)
    #expect(told?.isSampled == false)
    // One that begins here and is not recorded is decided for all: nobody behind records it either.
    let share = RequestTracer(queue: SpanQueue(), ratio: 0, passesOn: true)
    let own = await share.accept(nil, called: "request").whileCurrent { ServiceContext.current }
    #expect(TraceParent(headers(of: try #require(own), share)["traceparent"])?.isSampled == false)
  }

  @Test func aTracerThatRecordsNothingPassesOnWhatItIsGiven() async throws {
    let tracer = RequestTracer(passesOn: true)
    let trace = tracer.accept(TraceParent(TraceParentTests.good), called: "request")
    let context = await trace.whileCurrent { ServiceContext.current }
    #expect(headers(of: try #require(context), tracer)["traceparent"] == TraceParentTests.good)
    let nothing = await tracer.accept(nil, called: "request").whileCurrent {
      ServiceContext.current
    }
    #expect(nothing == nil)
    #expect(RequestTracer.off.accept(TraceParent(TraceParentTests.good), called: "").span == nil)
  }

  @Test func spansBeyondTheQueueAreDroppedAndCounted() {
    var limits = TracingLimits()
    limits.queuedSpansMax = 3
    let queue = SpanQueue(limits)
    let tracer = RequestTracer(queue: queue)
    for _ in 0..<5 { tracer.accept(nil, called: "request").end([:], isFailure: false) }
    #expect(queue.dropped == 2)
  }

  @Test func aSpanEndsOnce() {
    let queue = SpanQueue()
    let tracer = RequestTracer(queue: queue)
    let span = tracer.startSpan("stage", context: .topLevel)
    #expect(span.isRecording)
    span.end()
    span.end()
    #expect(!span.isRecording)
    #expect(queue.waiting == 1)
  }

  @Test func numbersDiffer() {
    let tracer = RequestTracer(queue: SpanQueue())
    let ids = (0..<1000).compactMap { _ in tracer.accept(nil, called: "request").id }
    #expect(Set(ids).count == 1000)
  }
}
