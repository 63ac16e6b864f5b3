/// Collects a whole response in memory and hands it to the waiting task; with a sink, the body of a
/// successful one goes there piece by piece instead. All calls come from the client's thread and
/// must not block it.
final class BufferedReceiver {
  typealias Outcome = Result<HTTPResponse, HTTPClientError>

  private var response = HTTPResponse(status: 0)
  private let maximumBytes: Int
  private let sink: HTTPClient.Sink?
  private var receivedBytes = 0
  private let continuation: CheckedContinuation<Outcome, Never>

  init(
    maximumBytes: Int, sink: HTTPClient.Sink?,
    continuation: CheckedContinuation<Outcome, Never>
  ) {
    self.maximumBytes = maximumBytes
    self.sink = sink
    self.continuation = continuation
  }

  /// The status line and the headers, once.
  func receiveHead(status: Int, headers: [(String, String)]) {
    response.status = status
    response.headers = headers
  }

  /// The next piece of the body. False gives the response up as too large.
  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= maximumBytes - receivedBytes else { return false }
    receivedBytes += bytes.count
    if let sink, (200..<300).contains(response.status) { return sink(bytes) }
    response.body.append(contentsOf: bytes)
    return true
  }

  /// What came behind the body.
  func receiveTrailers(_ trailers: [(String, String)]) { response.trailers = trailers }

  /// The end, once and last. `error` is nil when the response is complete.
  func finish(_ error: HTTPClientError?) {
    if let error {
      continuation.resume(returning: .failure(error))
    } else {
      continuation.resume(returning: .success(response))
    }
  }
}
