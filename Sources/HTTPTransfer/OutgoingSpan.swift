import Tracing

/// A call to another service as a span of the trace that the current task works for, and the
/// headers that tell the other of it; nothing where there is no trace.
struct OutgoingSpan {
  /// What is sent with the call.
  private(set) var headers: [(String, String)] = []
  private let span: (any Span)?

  /// Begins a call.
  ///
  /// - Parameters:
  ///   - path: what is asked for, without a query.
  ///   - server: the service's address, without what is secret in it.
  init(_ method: String, _ path: String, of server: @autoclosure () -> String) {
    guard let context = ServiceContext.current else {
      span = nil
      return
    }
    let path = String(path.prefix { $0 != "?" })
    let span = InstrumentationSystem.tracer.startSpan(
      "\(method) \(path)", context: context, ofKind: .client)
    if span.isRecording {
      span.updateAttributes { attributes in
        attributes.set("http.request.method", value: .string(method))
        attributes.set("url.full", value: .string(server() + path))
      }
    }
    InstrumentationSystem.instrument.inject(span.context, into: &headers, using: HeaderWriter())
    self.span = span
  }

  /// Ends it with an answer of that status.
  func end(status: Int) {
    guard let span else { return }
    span.updateAttributes { $0.set("http.response.status_code", value: .int64(Int64(status))) }
    if status >= 400 { span.setStatus(SpanStatus(code: .error)) }
    span.end()
  }

  /// Ends it without an answer.
  func end(_ error: any Error) {
    guard let span else { return }
    span.recordError(error)
    span.setStatus(SpanStatus(code: .error))
    span.end()
  }

  private struct HeaderWriter: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [(String, String)]) {
      carrier.append((key, value))
    }
  }
}

extension HTTPClient {
  /// Sends a request as a call of the trace that the current task works for.
  ///
  /// - Parameters:
  ///   - path: what is asked for, without a query.
  ///   - server: the service's address, without what is secret in it.
  public func send(
    _ request: HTTPRequest, inTraceAs path: String, of server: String
  ) async throws(HTTPClientError) -> HTTPResponse {
    let span = OutgoingSpan(request.method, path, of: server)
    var request = request
    request.headers += span.headers
    do {
      let response = try await send(request)
      span.end(status: response.status)
      return response
    } catch {
      span.end(error)
      throw error
    }
  }
}
