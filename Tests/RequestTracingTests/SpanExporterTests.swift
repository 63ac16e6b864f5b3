import FastJSON
import Logging
import RequestTracing
import ServiceLifecycle
import ServiceProcess
import Testing
import Tracing

@Suite struct SpanExporterTests {
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// Runs an exporter with what `body` records, and ends it.
  private func export(
    to endpoint: String, _ limits: TracingLimits = TracingLimits(),
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
}
