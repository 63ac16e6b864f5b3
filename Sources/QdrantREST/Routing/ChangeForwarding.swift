import HTTPTransfer
import HTTPTypes
import Hummingbird
import NIOCore
import QdrantAPI
import QdrantService
import Replication

/// Sends changes to the server that takes them, where that is another one, and hands on its answer.
struct ChangeForwarding: Sendable {
  typealias ClientRequest = HTTPTransfer.HTTPRequest
  typealias ClientResponse = HTTPTransfer.HTTPResponse

  let replication: Replicator
  let bodies: BodyReader

  /// What a leader may take longer than its client waits.
  private static let timeoutSlackSeconds = 2.0
  /// Headers that are sent on as they came.
  private static let passedOn = [
    "content-type", "content-encoding", "accept", "user-agent", "api-key", "authorization",
    "x-tracing-id", "forwarded",
  ].compactMap { HTTPField.Name($0) }
  /// Headers of the answer that this server writes itself, or that are about one connection.
  private static let ownHeaders: Set<String> = [
    "connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "trailer",
    "upgrade", "vary", "x-request-id", Replicator.positionHeader, Replicator.lagHeader,
  ]
  private static let forwardedField = HTTPField.Name(Replicator.forwardedHeader)
  private static let clientsField = HTTPField.Name("x-forwarded-for")
  private static let completed = "\"status\":\"completed\""
  private static let late = "\"status\":\"wait_timeout\""

  /// Where a request has to go; `nil` where this server answers it.
  func leader(for action: ServiceAction, _ request: Request) -> LeaderPlace? {
    guard action.isForwarded, let leader = replication.leaderElsewhere,
      let field = Self.forwardedField, request.headers[field] == nil
    else { return nil }
    return leader
  }

  /// Sends a request on, and answers what the leader does. Where the client waits for the change,
  /// this server has it, too, when it answers.
  ///
  /// - Throws: what ``BodyReader`` does, and a ``ServiceError`` when no answer came.
  func answer(
    _ request: Request, _ context: RESTContext, by leader: LeaderPlace
  ) async throws -> Response {
    let query = QueryFields(request)
    // What is wrong with it, the leader says.
    let timeout = try? query.integer("timeout", minimum: 1)
    let waits = context.action?.asksWhetherToWait == false || query["wait"] == "true"
    let call = context.call(timeout)
    return try await bodies.withBytes(of: request, call) { body in
      let sent = self.request(request, context, body, to: leader)
      let seconds = timeout.map {
        max(0, Double($0) - context.elapsedSeconds) + Self.timeoutSlackSeconds
      }
      let answer: ClientResponse
      do throws(ForwardingError) {
        answer = try await replication.forward(
          sent, path: request.uri.path, within: seconds, to: leader)
      } catch {
        throw ServiceError(error, from: leader.address)
      }
      var isLate = false
      if waits, (200..<300).contains(answer.status),
        let segment = answer.header(Replicator.positionHeader).flatMap({ UInt64($0) })
      {
        let deadline = timeout.map { context.startedAt.later(seconds: $0) }
        isLate = await !replication.wait(for: segment, until: deadline)
      }
      return Self.response(answer, isLate: isLate)
    }
  }

  private func request(
    _ request: Request, _ context: RESTContext, _ body: [UInt8], to leader: LeaderPlace
  ) -> ClientRequest {
    var headers: [(String, String)] = [("x-request-id", context.requestID)]
    for name in Self.passedOn {
      if let value = request.headers[name] { headers.append((name.rawName, value)) }
    }
    let clients = [Self.clientsField.flatMap { request.headers[$0] }, context.remote]
    let list = clients.compactMap { $0 }.joined(separator: ", ")
    if !list.isEmpty { headers.append(("x-forwarded-for", list)) }
    var path = request.uri.path
    if let query = request.uri.query { path += "?" + query }
    return ClientRequest(
      method: request.method.rawValue, url: leader.address + path, headers: headers, body: body)
  }

  /// The leader's answer as it is, but that it does not say `completed` where a client could not
  /// see that here.
  private static func response(_ answer: ClientResponse, isLate: Bool) -> Response {
    var headers = HTTPFields()
    for (name, value) in answer.headers where !isOwn(name.lowercased()) {
      if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
    }
    let body =
      isLate
      ? ByteBuffer(
        string: String(decoding: answer.body, as: UTF8.self).replacing(completed, with: late))
      : ByteBuffer(bytes: answer.body)
    return Response(
      status: HTTPTypes.HTTPResponse.Status(code: answer.status), headers: headers,
      body: ResponseBody(byteBuffer: body))
  }

  private static func isOwn(_ name: String) -> Bool {
    ownHeaders.contains(name) || name.hasPrefix("access-control-")
  }
}
