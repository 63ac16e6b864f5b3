public import Logging
public import ServiceProcess
import Tracing

/// The tracing of a process: the tracer that makes its spans, and what sends them, if anything
/// does.
public struct ProcessTracing: Sendable {
  /// Makes the spans of requests.
  public let tracer: RequestTracer
  /// Sends them, when it is run: it is to be stopped after all that make spans.
  public let exporter: SpanExporter?

  /// Installs a tracer for all libraries of the process. To be called once.
  ///
  /// - Parameters:
  ///   - settings: where spans are sent; `nil` for nowhere.
  ///   - version: the release of the service.
  ///   - passesOn: whether requests have others done for them, who are told of their traces.
  public init(
    _ settings: TracingSettings?, version: String, passesOn: Bool = false, logger: Logger
  ) {
    if let settings {
      let queue = SpanQueue()
      tracer = RequestTracer(
        queue: queue, ratio: settings.samplingRatio, passesOn: passesOn)
      exporter = SpanExporter(queue, settings: settings, version: version, logger: logger)
    } else {
      tracer = passesOn ? RequestTracer(passesOn: true) : .off
      exporter = nil
    }
    if exporter != nil || passesOn { InstrumentationSystem.bootstrap(tracer) }
  }
}
