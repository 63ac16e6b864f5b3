package import HTTPTransfer
import ServiceProcess

/// Another service that takes and gives JSON: its address, its key, and how patient we are.
package struct JSONEndpoint: Sendable {
  /// The methods in use.
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
  }

  /// How a key is presented.
  package enum Credential: Sendable {
    /// `Authorization: Bearer …`.
    case bearer(String)
    /// `api-key: …`, as Qdrant has it.
    case apiKey(String)
  }

  private let client: HTTPClient
  private let base: String
  private let headers: [(String, String)]
  private let timeout: Duration
  private let retry: RetryPolicy
  private let replyBytes: Int

  /// The service at `base`, an address without a slash at its end; `timeout` is for one attempt.
  package init(
    client: HTTPClient, base: String, credential: Credential? = nil, timeout: Duration,
    retry: RetryPolicy, replyBytes: Int = GatewayLimits().replyBytes
  ) {
    self.client = client
    self.base = base
    self.timeout = timeout
    self.retry = retry
    self.replyBytes = replyBytes
    var headers = [
      ("Accept", "application/json"), ("Content-Type", "application/json"),
      ("User-Agent", "quiver-gateway"),
    ]
    switch credential {
    case .bearer(let key): headers.append(("Authorization", "Bearer \(key)"))
    case .apiKey(let key): headers.append(("api-key", key))
    case nil: break
    }
    self.headers = headers
  }

  /// Sends a request, again where that may help. An answer of any status is returned.
  package func send(
    _ method: Method, _ path: String, body: [UInt8]? = nil
  ) async throws(EndpointFailure) -> EndpointReply {
    let seconds = timeout / .seconds(1)
    // Both logs can be read together.
    let origin = RequestID.current.map { [(RequestID.header, $0)] } ?? []
    let request = HTTPRequest(
      method: method.rawValue, url: base + path, headers: headers + origin, body: body ?? [],
      timeoutSeconds: seconds, connectTimeoutSeconds: min(seconds, 10),
      maximumResponseBytes: replyBytes)
    let shown = ShownAddress.mask(base)
    do {
      let response = try await retry.run(client, request)
      return EndpointReply(status: response.status, body: response.body)
    } catch {
      switch error {
      case .connectionFailed, .tls: throw .unreachable("\(shown): \(error)")
      case .timedOut:
        throw .timedOut("\(shown) did not answer within \(seconds) seconds")
      case .tooLarge, .cancelled, .interrupted, .invalidURL, .invalidRequest:
        throw .broken("\(shown): \(error)")
      }
    }
  }
}
