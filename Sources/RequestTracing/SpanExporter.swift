import FastJSON
import HTTPTransfer
public import Logging
import OutageLogging
public import ServiceLifecycle
public import ServiceProcess

/// Sends spans to a collector, many at a time: OTLP over HTTP, in JSON.
///
/// It has a task and a connection of its own, and nobody waits for it. While a collector can't be
/// reached spans gather in the queue, which is bounded, and attempts become rare. When the process
/// ends it sends what there is, in bounded time.
public struct SpanExporter: Service, CustomStringConvertible {
  private let queue: SpanQueue
  private let settings: TracingSettings
  private let message: TraceMessage
  private let logger: Logger
  private let reachNotes: OutageNotes
  private let refusalNotes: OutageNotes

  /// An exporter of what is in `queue`.
  ///
  /// - Parameters:
  ///   - settings: where the collector is, and what the service is called.
  ///   - version: the release of the service.
  public init(_ queue: SpanQueue, settings: TracingSettings, version: String, logger: Logger) {
    self.queue = queue
    self.settings = settings
    self.logger = logger
    reachNotes = OutageNotes(
      "traces can't be sent", over: "traces are sent again", logger: logger)
    refusalNotes = OutageNotes("the collector refuses traces", logger: logger)
    message = TraceMessage(
      resource: [
        ("service.name", settings.serviceName), ("service.version", version),
        ("service.instance.id", RequestID.accept(nil)), ("telemetry.sdk.name", "quiver"),
        ("telemetry.sdk.language", "swift"),
      ], attributesMax: queue.limits.attributesMax)
  }

  /// What writes descriptions to the log needs no more.
  public var description: String { "trace exporter" }

  /// Sends spans until a graceful shutdown, and what is left then.
  public func run() async throws {
    let client = HTTPClient(trust: HTTPTrust(authorities: settings.authorities))
    defer { client.shutdown() }
    await withGracefulShutdownHandler {
      await export(through: client)
    } onGracefulShutdown: {
      queue.tell(.ending)
    }
  }

  private func export(through client: HTTPClient) async {
    let limits = queue.limits
    var pause = Duration.zero
    var timer: Task<Void, Never>?
    defer { timer?.cancel() }
    func wake(after time: Duration) {
      timer?.cancel()
      timer = Task {
        if (try? await Task.sleep(for: time)) != nil { queue.tell(.due) }
      }
    }
    for await signal in queue.signals {
      switch signal {
      // While a pause lasts, its end is waited for.
      case .first: if pause == .zero { wake(after: limits.gathering) }
      case .full where pause > .zero: break
      case .full, .due:
        if await sendAll(through: client, within: limits.sending) {
          if pause > .zero { reachNotes.succeeded() }
          pause = .zero
        } else {
          pause = pause == .zero ? limits.pause : min(pause * 2, limits.pauseMax)
          wake(after: pause)
        }
      case .ending:
        let isSent = await sendAll(through: client, within: limits.ending)
        if !isSent { drop() }
        return
      }
    }
  }

  /// Sends message after message.
  ///
  /// - Returns: whether the queue is empty; else the collector can't be reached now.
  private func sendAll(through client: HTTPClient, within time: Duration) async -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + time
    while true {
      let spans = queue.take()
      if spans.isEmpty { return true }
      let seconds = (end - clock.now) / .seconds(1)
      guard seconds > 0 else {
        queue.putBack(spans)
        return false
      }
      switch await send(spans, through: client, seconds) {
      case .taken(let rejected): queue.noteExported(spans.count, rejected: rejected)
      case .refused: queue.noteDropped(spans.count)
      case .unreachable:
        queue.putBack(spans)
        return false
      }
    }
  }

  /// What became of a message.
  private enum Outcome {
    case taken(rejected: Int)
    /// It would be refused again.
    case refused
    case unreachable
  }

  private func send(
    _ spans: [FinishedSpan], through client: HTTPClient, _ seconds: Double
  ) async -> Outcome {
    let request = HTTPRequest(
      method: "POST", url: settings.endpoint,
      headers: settings.headers.map { ($0.name, $0.value) } + [
        ("content-type", "application/json"), ("user-agent", "quiver-otlp"),
      ], body: message.body(of: spans), timeoutSeconds: seconds,
      connectTimeoutSeconds: min(seconds, 2), maximumResponseBytes: 1 << 20)
    let response: HTTPResponse
    do {
      response = try await client.send(request)
    } catch {
      reachNotes.failed("\(error)")
      return .unreachable
    }
    switch response.status {
    case 200..<300: return .taken(rejected: Self.rejected(response.body))
    case 429, 502, 503, 504:
      reachNotes.failed("the collector answers \(response.status)")
      return .unreachable
    default:
      refusalNotes.failed(
        "the collector answers \(response.status)",
        ["status": .stringConvertible(response.status)])
      return .refused
    }
  }

  /// Spans that a collector which took the others would not have.
  private static func rejected(_ body: [UInt8]) -> Int {
    guard let document = try? JSONDocument(parsing: body),
      let count = document.root.object?["partialSuccess"]?.object?["rejectedSpans"]
    else { return 0 }
    return count.string.flatMap { Int($0) } ?? count.int64.map { Int(clamping: $0) } ?? 0
  }

  /// Gives up what is left at the end of the process.
  private func drop() {
    var lost = 0
    while true {
      let spans = queue.take()
      if spans.isEmpty { break }
      lost += spans.count
    }
    queue.noteDropped(lost)
    logger.warning(
      "the collector of traces could not be reached", metadata: ["lost": .stringConvertible(lost)])
  }
}
