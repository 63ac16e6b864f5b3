/// Collects a whole response in memory and hands it to the waiting task.
final class BufferedReceiver: ResponseReceiver {
  typealias Outcome = Result<HTTPResponse, HTTPClientError>

  private var response = HTTPResponse(status: 0)
  private let maximumBytes: Int
  private let continuation: CheckedContinuation<Outcome, Never>

  init(maximumBytes: Int, continuation: CheckedContinuation<Outcome, Never>) {
    self.maximumBytes = maximumBytes
    self.continuation = continuation
  }

  func receiveHead(status: Int, headers: [(String, String)]) -> Bool {
    response.status = status
    response.headers = headers
    return true
  }

  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count <= maximumBytes - response.body.count else { return false }
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
