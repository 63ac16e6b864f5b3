import FastJSON
public import HTTPTransfer
import QdrantAPI
import Synchronization

/// A server that speaks Qdrant's REST interface, as its clients see it; or several that hold the
/// same, of which one is asked as long as it answers.
public struct QdrantServer: Sendable {
  private let endpoints: [JSONEndpoint]
  private let turn = Turn()

  /// Which endpoint is asked: all copies of a server share it.
  private final class Turn: Sendable {
    let index = Atomic<Int>(0)
  }

  /// How often all are asked, and how long is waited in between: together longer than another
  /// server needs to take the lead.
  private static let rounds = 8
  private static let pause = Duration.milliseconds(1500)
  /// After which they are not asked all over again.
  private static let patience = Duration.seconds(30)

  /// The server behind an endpoint.
  ///
  /// - Parameter others: endpoints of servers that hold the same. The next one is asked where one
  ///   does not answer, or says that it can't do it now; so each should be asked once at a time.
  public init(_ endpoint: JSONEndpoint, others: [JSONEndpoint] = []) {
    endpoints = [endpoint] + others
  }

  private var endpoint: JSONEndpoint {
    endpoints[turn.index.load(ordering: .relaxed) % endpoints.count]
  }

  /// The address without a slash at its end.
  public var url: String { endpoint.base }

  /// The address as it may be shown.
  public var shown: String { endpoint.shown }

  /// Whether the server takes requests.
  public func checkReadiness() async throws(QdrantClientError) {
    _ = try await answer(.get, "/readyz")
  }

  /// The names of its collections.
  public func collectionNames() async throws(QdrantClientError) -> [String] {
    let result = try await call(.get, "/collections")
    return (result["collections"]?.array.map { Array($0) } ?? []).compactMap { $0["name"]?.string }
  }

  /// Its aliases with their collections.
  public func aliases() async throws(QdrantClientError) -> [(alias: String, collection: String)] {
    let entries = try await call(.get, "/aliases")["aliases"]?.array.map { Array($0) } ?? []
    return entries.compactMap { entry in
      guard let alias = entry["alias_name"]?.string,
        let collection = entry["collection_name"]?.string
      else { return nil }
      return (alias, collection)
    }
  }

  /// Makes an alias of a collection.
  public func createAlias(
    _ alias: String, of collection: String
  ) async throws(QdrantClientError) {
    let action = JSONValue.object([
      "create_alias": .object([
        "collection_name": .string(collection), "alias_name": .string(alias),
      ])
    ])
    let body = JSONValue.object(["actions": .array([action])]).serialized()
    _ = try await call(.post, "/collections/aliases", body: body)
  }

  /// Sends a request to the server that answered last, and to others where it does not.
  private func send(
    _ method: JSONEndpoint.Method, _ path: String, _ body: [UInt8]?
  ) async throws(EndpointFailure) -> EndpointReply {
    let attempts = endpoints.count == 1 ? 1 : endpoints.count * Self.rounds
    let start = ContinuousClock.now
    for attempt in 1..<attempts {
      let index = turn.index.load(ordering: .relaxed)
      do throws(EndpointFailure) {
        let reply = try await endpoints[index % endpoints.count].send(method, path, body: body)
        if reply.status != 503 { return reply }
      } catch {
        guard [.unreachable, .timedOut, .broken].contains(error.kind), !Task.isCancelled else {
          throw error
        }
      }
      // Others may have found another server meanwhile.
      _ = turn.index.compareExchange(expected: index, desired: index + 1, ordering: .relaxed)
      guard attempt % endpoints.count == 0 else { continue }
      let left = RequestDeadline.secondsLeft.map { Duration.seconds($0) }
      if let left, left <= Self.pause { break }
      if ContinuousClock.now - start > Self.patience { break }
      try? await Task.sleep(for: Self.pause)
    }
    return try await endpoint.send(method, path, body: body)
  }

  /// Sends a request, again where that may help.
  ///
  /// - Returns: an answer that is a success.
  func answer(
    _ method: JSONEndpoint.Method, _ path: String, body: [UInt8]? = nil
  ) async throws(QdrantClientError) -> EndpointReply {
    let what = "\(method.rawValue) \(shown)\(path)"
    let reply: EndpointReply
    do throws(EndpointFailure) {
      reply = try await send(method, path, body)
    } catch {
      throw .noAnswer(what: what, error)
    }
    if reply.isSuccess { return reply }
    // Anything may answer 404; a collection is missing only where this interface says so.
    let text = reply.body.withUnsafeBytes { ClientResponse.errorText($0) }
    if reply.status == 404, let text { throw .missing(what: what, reason: text) }
    throw .refused(what: what, status: reply.status, reason: text ?? reply.reason)
  }

  /// Sends a request, again where that may help.
  ///
  /// - Returns: `result` of the answer.
  func call(
    _ method: JSONEndpoint.Method, _ path: String, body: [UInt8]? = nil
  ) async throws(QdrantClientError) -> JSONElement {
    let reply = try await answer(method, path, body: body)
    let document: JSONDocument
    do throws(JSONSyntaxError) {
      document = try JSONDocument(parsing: reply.body)
    } catch {
      throw .unexpected(
        what: "\(method.rawValue) \(shown)\(path)",
        reason: "this is no answer of a Qdrant-compatible server (\(error))")
    }
    guard let result = document.root["result"] else {
      throw .unexpected(
        what: "\(method.rawValue) \(shown)\(path)",
        reason: "this is no answer of a Qdrant-compatible server")
    }
    return result
  }

  /// Sends a request, again where that may help.
  ///
  /// - Returns: what `read` finds in the answer.
  func call<Result>(
    _ method: JSONEndpoint.Method, _ path: String, body: [UInt8]? = nil,
    _ read: (UnsafeRawBufferPointer) throws(ClientResponseError) -> Result
  ) async throws(QdrantClientError) -> Result {
    let reply = try await answer(method, path, body: body)
    let outcome: Swift.Result<Result, ClientResponseError> = reply.body.withUnsafeBytes { bytes in
      do throws(ClientResponseError) {
        return .success(try read(bytes))
      } catch {
        return .failure(error)
      }
    }
    do throws(ClientResponseError) {
      return try outcome.get()
    } catch {
      throw .unexpected(what: "\(method.rawValue) \(shown)\(path)", reason: "\(error)")
    }
  }
}

/// Why a call to a server brought nothing.
public enum QdrantClientError: Error, Sendable, Equatable {
  /// There was no answer.
  case noAnswer(what: String, EndpointFailure)
  /// The server knows the call and has not what it is about: the collection, as a rule.
  case missing(what: String, reason: String)
  /// The server answered with an error; `reason` is empty when it gave none.
  case refused(what: String, status: Int, reason: String)
  /// The answer is not one of a server with this interface.
  case unexpected(what: String, reason: String)
}

extension RetryPolicy {
  /// How calls to a server are repeated: where the connection failed, and where the server says
  /// that it is busy or not there. All calls may be done twice: points have ids.
  ///
  /// - Parameters:
  ///   - attempts: attempts in all.
  ///   - firstWait: seconds before the second attempt, at most.
  ///   - longestWait: seconds before any attempt, at most.
  public static func qdrant(
    attempts: Int, firstWait: Double, longestWait: Double
  ) -> RetryPolicy {
    var policy = RetryPolicy()
    policy.maximumAttempts = attempts
    policy.baseDelay = firstWait
    policy.maximumDelay = longestWait
    policy.statuses = [429, 502, 503, 504]
    return policy
  }
}

extension JSONElement {
  /// The value of a member; `nil` when there is none, or this is no object.
  fileprivate subscript(key: String) -> JSONElement? { object?[key] }
}
