import FastJSON
import LogLines
import Logging
import OpenAITestServer
import RequestTracing
import ServiceLifecycle
import ServiceProcess
import Testing
import Tracing

@Suite struct SpanExporterTests {
  /// Runs an exporter with what `body` records, and ends it.
  private func export(
    to endpoint: String, _ limits: TracingLimits = TracingLimits(),
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    _ body: (RequestTracer) async -> Void
  ) async throws -> SpanQueue {
    let queue = SpanQueue(limits)
    let settings = TracingSettings(endpoint: endpoint, serviceName: "test")
    let exporter = SpanExporter(queue, settings: settings, version: "1", logger: logger)
    let group = ServiceGroup(
      configuration: .init(services: [.init(service: exporter)], logger: logger))
    async let running: Void = group.run()
    await body(RequestTracer(queue: queue))
    await group.triggerGracefulShutdown()
    try await running
    return queue
  }

  @Test func whatIsLeftIsGivenUpWhereNobodyListens() async throws {
    // The port of nobody.
    let queue = try await export(to: "http://127.0.0.1:1/v1/traces") { tracer in
      for _ in 0..<1000 { tracer.accept(nil, called: "request").end([:], isFailure: false) }
    }
    #expect(queue.dropped == 1000 && queue.waiting == 0 && queue.exported == 0)
  }

  @Test func aCollectorThatSaysNothingIsAskedAgainAfterPausesThatHaveAnEnd() async throws {
    let server = try #require(HTTPTestServer { _ in .hang })
    var limits = TracingLimits()
    limits.gathering = .milliseconds(1)
    limits.sending = .milliseconds(50)
    limits.ending = .milliseconds(50)
    limits.pause = .milliseconds(20)
    limits.pauseMax = .milliseconds(40)
    // With the usual bounds the third attempt would come after some ten seconds, and with pauses
    // that double on and on the twelfth after a minute and a half.
    let started = ContinuousClock.now
    let queue = try await export(to: server.url + "/v1/traces", limits) { tracer in
      tracer.accept(nil, called: "request").end([:], isFailure: false)
      while server.requests.count < 12, ContinuousClock.now - started < .seconds(60) {
        try? await Task.sleep(for: .milliseconds(10))
      }
      #expect(server.requests.count >= 12)
    }
    #expect(queue.dropped == 1 && queue.exported == 0)
    server.stop()
  }

  @Test func aSpanHasSoManyAttributesEventsAndLinks() async throws {
    let server = try #require(HTTPTestServer { _ in .respond(status: 200, body: "{}") })
    var limits = TracingLimits()
    limits.attributesMax = 3
    limits.eventsMax = 2
    let queue = try await export(to: server.url + "/v1/traces", limits) { tracer in
      let span = tracer.startSpan("stage", context: .topLevel)
      for number in 0..<5 {
        span.attributes.set("n\(number)", value: .int64(Int64(number)))
        span.addEvent(SpanEvent(name: "event \(number)"))
      }
      span.end()
    }
    #expect(queue.exported == 1)
    let body = String(decoding: try #require(server.requests.first).body, as: UTF8.self)
    #expect(body.ranges(of: #""key":"n"#).count == 3)
    #expect(body.contains(#""droppedAttributesCount":2"#))
    #expect(body.contains("event 1") && !body.contains("event 2"))
    server.stop()
  }

  @Test func aCollectorThatRefusesIsToldOnce() async throws {
    let server = try #require(
      HTTPTestServer { _ in .respond(status: 400, body: "no") })
    let log = LogLines(with: ["status"])
    var limits = TracingLimits()
    limits.batchSpansMax = 10
    let queue = try await export(to: server.url + "/v1/traces", limits, logger: log.logger) {
      for _ in 0..<100 { $0.accept(nil, called: "request").end([:], isFailure: false) }
    }
    #expect(queue.dropped == 100 && server.requests.count >= 10)
    #expect(log.all("the collector") == ["the collector refuses traces 400"])
  }
}
