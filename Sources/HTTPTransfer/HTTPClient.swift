import CCurl
import Glibc
import Synchronization

/// An HTTP/1.1 and HTTP/2 client: one thread, connections kept and used again.
///
/// Proxies named in the environment are used, but not for requests to this machine. Redirects are
/// not followed. Certificates are checked against those the system trusts, and others if these are
/// given.
public final class HTTPClient: Sendable {
  private let queue: TransferQueue
  private let thread: Mutex<pthread_t?>

  private static let initialize: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  /// Starts the client's thread.
  ///
  /// - Parameter trust: by what servers are known over TLS.
  public init(trust: HTTPTrust = HTTPTrust()) {
    _ = Self.initialize
    queue = TransferQueue(trust: trust)
    var thread = pthread_t()
    let context = Unmanaged.passRetained(queue)
    let status = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let queue = Unmanaged<TransferQueue>.fromOpaque(context).takeRetainedValue()
        HTTPClient.serve(queue)
        return nil
      }, context.toOpaque())
    if status != 0 {
      context.release()
      queue.stop()
    }
    self.thread = Mutex(status == 0 ? thread : nil)
  }

  deinit {
    shutdown()
  }

  /// Takes the next piece of a body, on the client's thread; false gives the response up.
  public typealias Sink = @Sendable (UnsafeRawBufferPointer) -> Bool

  /// Sends `request` and waits for the whole response, whatever its status.
  ///
  /// Cancelling the task ends the transfer and throws `cancelled`, as does `shutdown()`.
  public func send(_ request: HTTPRequest) async throws(HTTPClientError) -> HTTPResponse {
    try await send(request, sink: nil)
  }

  /// Sends `request`, and hands the body of a response with a status of 2xx to `sink` piece by
  /// piece as it comes; the response that is returned then has none. Other transfers of this client
  /// wait for `sink`.
  ///
  /// - Throws: `tooLarge` also when `sink` gives up.
  public func download(
    _ request: HTTPRequest, to sink: @escaping Sink
  ) async throws(HTTPClientError) -> HTTPResponse {
    try await send(request, sink: sink)
  }

  private func send(
    _ request: HTTPRequest, sink: Sink?
  ) async throws(HTTPClientError) -> HTTPResponse {
    if Task.isCancelled { throw .cancelled }
    if let error = RequestCheck.error(in: request) { throw error }
    let id = queue.begin()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.submit(
          TransferQueue.Order(id: id, request: request, sink: sink, continuation: continuation))
      }
    } onCancel: {
      queue.cancel(id)
    }
    return try outcome.get()
  }

  /// Ends all requests as cancelled, closes the connections and waits for the thread to end.
  /// Later requests end as cancelled at once. Calling it again does nothing.
  public func shutdown() {
    queue.stop()
    let thread = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    if let thread { pthread_join(thread, nil) }
  }

  private static func serve(_ queue: TransferQueue) {
    guard let loop = TransferLoop(queue: queue) else {
      queue.stop()
      for order in queue.take().orders {
        order.continuation.resume(returning: .failure(.cancelled))
      }
      return
    }
    loop.run()
  }
}

/// Why a request got no response. A response of any status is not an error.
public enum HTTPClientError: Error, Equatable, CustomStringConvertible {
  /// No connection: refused, name not found, or not there within the time to connect.
  case connectionFailed(String)
  /// Connected, but the response was not complete in time.
  case timedOut
  /// The response is larger than the request allows.
  case tooLarge
  /// The task was cancelled, or the client shut down.
  case cancelled
  /// The connection broke in the middle, or what came was not HTTP.
  case interrupted(String)
  /// The URL is not an absolute `http` or `https` URL.
  case invalidURL
  /// The method or a header holds characters that HTTP does not allow there.
  case invalidRequest(String)
  /// The encrypted connection could not be set up, for example for lack of a trusted certificate.
  case tls(String)

  /// What happened, as the rest of a sentence.
  public var description: String {
    switch self {
    case .connectionFailed(let reason): "could not connect: \(reason)"
    case .timedOut: "the response was not complete in time"
    case .tooLarge: "the response is larger than allowed"
    case .cancelled: "the request was cancelled"
    case .interrupted(let reason): "the response was interrupted: \(reason)"
    case .invalidURL: "not an absolute http or https URL"
    case .invalidRequest(let reason): "not a valid request: \(reason)"
    case .tls(let reason): "no secure connection: \(reason)"
    }
  }
}
