/// Collects a whole response in memory and hands it to the waiting task; with a sink, the body of a
/// successful one goes there piece by piece instead.
final class BufferedReceiver: ResponseReceiver {
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

  func receiveHead(status: Int, headers: [(String, String)]) -> Bool {
    response.status = status
    response.headers = headers
    return true
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= maximumBytes - receivedBytes else { return false }
    receivedBytes += bytes.count
    if let sink, (200..<300).contains(response.status) { return sink(bytes) }
    response.body.append(contentsOf: bytes)
    return true
  }

  func finish(_ error: HTTPClientError?) {
    if let error {
      continuation.resume(returning: .failure(error))
    } else {
      continuation.resume(returning: .success(response))
    }
  }
}
