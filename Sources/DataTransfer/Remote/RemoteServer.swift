package import FastJSON
package import HTTPTransfer

/// A Qdrant-compatible server: its address, its key, and how patient we are with it.
///
/// A server that is being restarted is waited for, about a minute.
package struct RemoteServer: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  /// The address without a slash at its end.
  package let url: String
  private let client: HTTPClient
  private let headers: [(String, String)]
  private let limits: TransferLimits

  /// The server at `url`, which wants `key` if any.
  package init(url: String, key: String?, client: HTTPClient) {
    var url = url
    while url.hasSuffix("/") { url.removeLast() }
    self.url = url
    self.client = client
    limits = TransferLimits()
    headers =
      [("Content-Type", "application/json"), ("User-Agent", "quiver")]
      + (key.map { [("api-key", $0)] } ?? [])
  }

  /// The address without a user's name and password in it.
  package var shown: String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let rest = url[scheme.upperBound...]
    let host = rest.prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return url }
    return url[..<scheme.upperBound] + "***" + rest[at...]
  }

  /// Sends a request, again where that may help.
  ///
  /// - Returns: `result` of the answer.
  /// - Throws: `refused` for an answer that is no success.
  package func call(
    _ method: Method, _ path: String, body: [UInt8] = []
  ) async throws(TransferError) -> JSONElement {
    let what = "\(method.rawValue) \(shown)\(path)"
    let response = try await send(method, path, body, what)
    let document: JSONDocument?
    do throws(JSONSyntaxError) {
      document = try JSONDocument(parsing: response.body)
    } catch {
      guard response.status >= 300 else {
        throw .unexpectedAnswer(what: what, reason: "the answer is not JSON: \(error)")
      }
      document = nil
    }
    guard (200..<300).contains(response.status) else {
      let text = document?.root["status"]?["error"]?.string
      throw .refused(
        what: what, status: response.status, reason: text ?? "no reason was given")
    }
    guard let result = document?.root["result"] else {
      throw .unexpectedAnswer(
        what: what, reason: "this is no answer of a Qdrant-compatible server")
    }
    return result
  }

  private func send(
    _ method: Method, _ path: String, _ body: [UInt8], _ what: String
  ) async throws(TransferError) -> HTTPResponse {
    var retry = RetryPolicy()
    retry.maximumAttempts = limits.attempts
    retry.maximumDelay = limits.waitSeconds
    retry.statuses = [429, 502, 503, 504]
    let request = HTTPRequest(
      method: method.rawValue, url: url + path, headers: headers, body: body,
      timeoutSeconds: limits.requestSeconds, maximumResponseBytes: limits.answerBytes)
    do {
      return try await retry.run(client, request)
    } catch {
      switch error {
      case .tooLarge: throw .answerTooLarge(what: what)
      case .invalidURL:
        throw .unfit("`\(shown)` is not an address such as http://localhost:6333")
      case .connectionFailed, .timedOut, .cancelled, .interrupted, .invalidRequest, .tls:
        throw .unreachable(server: shown, reason: "\(error)")
      }
    }
  }
}

extension JSONElement {
  /// The value of a member; `nil` when there is none, or this is no object.
  package subscript(key: String) -> JSONElement? { object?[key] }
}
