import HTTPTransfer
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import RequestTracing
import ServiceProcess

/// Answers with server-sent events while the work goes on. A line that means nothing shows now and
/// then that the stream lives, and tells whether the reader does: when it is gone, the work is
/// cancelled.
struct EventStream: Sendable {
  /// Takes the text of whole events.
  typealias Send = @Sendable (String) -> Void

  let limits: GatewayLimits
  let figures: GatewayFigures
  private let open = InFlight()

  init(limits: GatewayLimits, figures: GatewayFigures) {
    self.limits = limits
    self.figures = figures
  }

  /// A response of the events that `work` sends until it returns.
  ///
  /// - Throws: `GatewayError.overloaded` when too many streams are open.
  func response(
    _ work: @escaping @Sendable (_ send: @escaping Send) async -> Void
  ) throws(GatewayError) -> Response {
    guard let place = open.enter(limit: limits.streams) else {
      throw .overloaded(retryAfterSeconds: 1)
    }
    var headers = HTTPFields()
    headers[.contentType] = "text/event-stream; charset=utf-8"
    headers[.cacheControl] = "no-cache"
    if let name = HTTPField.Name("x-accel-buffering") { headers[name] = "no" }
    let (heartbeat, figures) = (limits.heartbeat, figures)
    // The body is written once the middleware is through, which had set these.
    let (id, deadline) = (RequestID.current, RequestDeadline.current)
    let trace = RequestTrace.current
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        figures.change(.streams, by: 1)
        defer { figures.change(.streams, by: -1) }
        let (texts, continuation) = AsyncStream.makeStream(of: String.self)
        let working = RequestID.$current.withValue(id) {
          RequestDeadline.$current.withValue(deadline) {
            Task {
              await trace.whileCurrent { await work { continuation.yield($0) } }
              continuation.finish()
            }
          }
        }
        let beating = Task {
          while !Task.isCancelled {
            try await Task.sleep(for: heartbeat)
            continuation.yield(": alive\n\n")
          }
        }
        defer {
          beating.cancel()
          working.cancel()
        }
        try await withTaskCancellationHandler {
          for await text in texts {
            try await writer.write(ByteBuffer(string: text))
          }
          try await writer.finish(nil)
        } onCancel: {
          working.cancel()
          continuation.finish()
        }
        withExtendedLifetime(place) {}
      })
  }

  /// One event, whose data is one line of JSON.
  static func event(_ name: String, _ data: [UInt8]) -> String {
    "event: \(name)\ndata: \(String(decoding: data, as: UTF8.self))\n\n"
  }
}
