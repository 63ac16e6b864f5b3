public import FastJSON

/// Another service that takes and gives JSON: its address, its key, and how patient we are.
public struct JSONEndpoint: Sendable {
  /// The methods in use.
  public enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  /// How a key is presented.
  public enum Credential: Sendable {
    /// `Authorization: Bearer …`.
    case bearer(String)
    /// `api-key: …`, as Qdrant has it.
    case apiKey(String)
  }

  /// The address, without a slash at its end.
  public let base: String
  private let client: HTTPClient
  private let headers: [(String, String)]
  /// The key, which some services repeat when they complain about it.
  private let secret: String?
  private let current: @Sendable () -> [(String, String)]
  private let timeout: Duration
  private let retry: RetryPolicy
  private let replyBytes: Int

  /// The service at `base`.
  ///
  /// - Parameters:
  ///   - agent: what we call ourselves.
  ///   - timeout: patience with one attempt.
  ///   - replyBytes: bytes of an answer's body, at most.
  ///   - current: headers that depend on what the current task works for.
  public init(
    client: HTTPClient, base: String, credential: Credential? = nil,
    agent: String = "quiver-gateway", timeout: Duration, retry: RetryPolicy,
    replyBytes: Int = HTTPRequest.answerBytesMax,
    current: @escaping @Sendable () -> [(String, String)] = { [] }
  ) {
    var base = base
    while base.hasSuffix("/") { base.removeLast() }
    self.client = client
    self.base = base
    self.timeout = timeout
    self.retry = retry
    self.replyBytes = replyBytes
    self.current = current
    var headers = [
      ("Accept", "application/json"), ("Content-Type", "application/json"), ("User-Agent", agent),
    ]
    switch credential {
    case .bearer(let key):
      headers.append(("Authorization", "Bearer \(key)"))
      secret = key
    case .apiKey(let key):
      headers.append(("api-key", key))
      secret = key
    case nil: secret = nil
    }
    self.headers = headers
  }

  /// The address as it may be logged and shown.
  public var shown: String { Self.masked(base) }

  /// An address with the user and the password in it masked.
  public static func masked(_ address: String) -> String {
    let schemes = ["http://", "https://"]
    guard let scheme = schemes.first(where: { address.lowercased().hasPrefix($0) }) else {
      return address
    }
    let rest = address.dropFirst(scheme.count)
    guard let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") else { return address }
    return scheme + "********" + address[at...]
  }

  /// Sends a request, again where that may help and `RequestDeadline` leaves the time. An answer of
  /// any status is returned.
  public func send(
    _ method: Method, _ path: String, body: [UInt8]? = nil
  ) async throws(EndpointFailure) -> EndpointReply {
    var policy = retry
    policy.patience = RequestDeadline.secondsLeft
    let span = OutgoingSpan(method.rawValue, path, of: shown)
    do {
      let response = try await policy.run(client, request(method, path, body, span.headers))
      span.end(status: response.status)
      return reply(response)
    } catch {
      span.end(error)
      throw failure(error)
    }
  }

  /// The answer; a complaint without our key in it, since complaints are logged and passed on.
  private func reply(_ response: HTTPResponse) -> EndpointReply {
    let reply = EndpointReply(response)
    guard let secret, !secret.isEmpty, !reply.isSuccess else { return reply }
    let text = String(decoding: reply.body, as: UTF8.self)
    guard text.contains(secret) else { return reply }
    return EndpointReply(
      status: reply.status, body: Array(text.replacing(secret, with: "********").utf8),
      retryAfter: reply.retryAfter)
  }

  /// Sends a request and hands the body of an answer with a status of 2xx to `sink` piece by piece
  /// as it comes, on the client's thread; the reply then has none. `false` of `sink` gives the
  /// answer up. Sent again as by `send` as long as nothing was handed on.
  public func stream(
    _ method: Method, _ path: String, body: [UInt8]? = nil, to sink: @escaping HTTPClient.Sink
  ) async throws(EndpointFailure) -> EndpointReply {
    var policy = retry
    policy.patience = RequestDeadline.secondsLeft
    let span = OutgoingSpan(method.rawValue, path, of: shown)
    do {
      let response = try await policy.run(
        client, request(method, path, body, span.headers), to: sink)
      span.end(status: response.status)
      return reply(response)
    } catch {
      span.end(error)
      throw failure(error)
    }
  }

  private func request(
    _ method: Method, _ path: String, _ body: [UInt8]?, _ traced: [(String, String)]
  ) -> HTTPRequest {
    let own = timeout / .seconds(1)
    let seconds = max(0.001, min(own, RequestDeadline.secondsLeft ?? own))
    return HTTPRequest(
      method: method.rawValue, url: base + path, headers: headers + current() + traced,
      body: body ?? [], timeoutSeconds: seconds, connectTimeoutSeconds: min(seconds, 10),
      maximumResponseBytes: replyBytes)
  }

  private func failure(_ error: HTTPClientError) -> EndpointFailure {
    let kind: EndpointFailure.Kind =
      switch error {
      case .connectionFailed, .tls: .unreachable
      case .timedOut: .timedOut
      case .tooLarge: .tooLarge
      case .invalidURL: .noAddress
      case .cancelled, .interrupted, .invalidRequest: .broken
      }
    let isLate = kind == .timedOut && (RequestDeadline.secondsLeft ?? 1) <= RetryPolicy.leastTime
    let reason =
      isLate
      ? "did not answer in the time that the request has"
      : kind == .timedOut ? "did not answer within \(timeout / .seconds(1)) seconds" : "\(error)"
    return EndpointFailure(kind: kind, address: shown, reason: reason)
  }
}

/// An answer of another service.
public struct EndpointReply: Sendable {
  /// The HTTP status.
  public let status: Int
  /// The whole body.
  public let body: [UInt8]
  /// Seconds after which the service wants to be asked again; `nil` when it does not say.
  public let retryAfter: Double?

  /// An answer with this status and body.
  public init(status: Int, body: [UInt8], retryAfter: Double? = nil) {
    self.status = status
    self.body = body
    self.retryAfter = retryAfter
  }

  init(_ response: HTTPResponse) {
    self.init(
      status: response.status, body: response.body, retryAfter: RetryPolicy.retryAfter(response))
  }

  /// Whether the status is 2xx.
  public var isSuccess: Bool { (200..<300).contains(status) }

  /// The body as JSON; `nil` when it is none.
  public var json: JSONValue? { try? JSONValue(parsing: body) }

  /// What the service says is wrong: the message in the shapes that Qdrant, OpenAI and FastAPI
  /// use, or the beginning of the body; empty when it says nothing.
  public var reason: String {
    let root = (try? JSONDocument(parsing: body))?.root.object
    let text =
      root?["status"]?.object?["error"]?.string ?? root?["error"]?.object?["message"]?.string
      ?? root?["error"]?.string ?? root?["detail"]?.string ?? problems(in: root?["detail"])
      ?? root?["message"]?.string ?? String(decoding: body.prefix(300), as: UTF8.self)
    return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// What is wrong with the fields of a request, in FastAPI's shape; `nil` for another one.
  private func problems(in detail: JSONElement?) -> String? {
    guard let list = detail?.array else { return nil }
    let problems = list.compactMap { problem -> String? in
      guard let message = problem.object?["msg"]?.string else { return nil }
      let place = (problem.object?["loc"]?.array.map { Array($0) } ?? []).dropFirst()
        .compactMap { $0.string ?? $0.int64.map { String($0) } }.joined(separator: ".")
      return place.isEmpty ? message : "\(place): \(message)"
    }
    return problems.isEmpty ? nil : problems.joined(separator: "; ")
  }

  /// The status with the reason, as in "status 400: …".
  public var complaint: String {
    let reason = reason
    return reason.isEmpty ? "status \(status)" : "status \(status): \(reason)"
  }
}

/// Why a call to another service brought no answer.
public struct EndpointFailure: Error, Sendable, Equatable {
  /// What went wrong.
  public enum Kind: Sendable {
    /// No connection, or none that lasted until a request was sent.
    case unreachable
    /// No complete answer in time.
    case timedOut
    /// The answer is larger than we take.
    case tooLarge
    /// What we were told to ask is not an address.
    case noAddress
    /// The answer broke off or was no HTTP.
    case broken
  }

  /// What went wrong.
  public let kind: Kind
  /// The service's address as it may be shown.
  public let address: String
  /// What is wrong with it, as the rest of a sentence.
  public let reason: String

  /// Whether another service, or this one later, might answer.
  public var isUnreachable: Bool { kind == .unreachable || kind == .timedOut }

  /// One sentence for people.
  public var message: String {
    kind == .timedOut ? "\(address) \(reason)" : "\(address): \(reason)"
  }
}
