import HTTPTypes
public import Hummingbird
import Logging
import OutageLogging
import QdrantAPI
import QdrantService
import Replication
import RequestTracing
import ServiceProcess
import VectorDB

/// Answers every request: finds its route, demands the key that the route asks for, calls it,
/// turns errors into Qdrant's envelope, counts and logs the answer. Bodies are never logged, nor
/// are query strings.
public struct RESTResponder: HTTPResponder {
  let table: RouteTable
  let api: QdrantService
  let metrics: RequestMetrics
  let logger: Logger
  /// What is written down of failures, apart for each route and status.
  let failures: OutageTopics
  /// Requests about points that take this long are logged as slow, in seconds.
  let slowSeconds: Double
  /// Whether pages of other origins may call the server.
  let allowsOrigins: Bool
  /// Where servers share a log, what sends changes to the one that takes them.
  let forwarding: ChangeForwarding?

  // Names are checked once, not with every request.
  private static let idField = HTTPField.Name(RequestID.header)
  private static let keyField = HTTPField.Name("api-key")
  private static let traceField = HTTPField.Name(TraceParent.header)
  private static let traceStateField = HTTPField.Name(TraceParent.stateHeader)
  private static let forwardedFields = ["forwarded", "x-forwarded-for"].map { HTTPField.Name($0) }
  private static let tracingFields = ["x-request-id", "x-tracing-id", TraceParent.header]
    .map { HTTPField.Name($0) }

  /// Answers one request; throws only what ends the connection.
  public func respond(to request: Request, context: RESTContext) async throws -> Response {
    let id = RequestID.accept(Self.idField.flatMap { request.headers[$0] })
    var context = context
    let place = Self.field(Self.traceField, of: request).flatMap {
      TraceParent($0, state: Self.field(Self.traceStateField, of: request))
    }
    let trace = api.tracer.accept(place, called: request.method.rawValue)
    context.requestID = id
    context.trace = trace
    context.receipt = api.makeReceipt()
    var response: Response
    do {
      response = try await trace.whileCurrent { try await answer(request, &context) }
    } catch {
      response = refusal(error, request, context)
    }
    await api.settle(context.receipt)
    if request.method == .head { response = response.createHeadResponse() }
    AnswerPacking.pack(&response, for: request)
    if let idField = Self.idField { response.headers.append(HTTPField(name: idField, value: id)) }
    if let progress = forwarding?.replication.progress { Self.note(progress, in: &response) }
    if allowsOrigins { CrossOrigin.allow(request, &response) }
    let seconds = context.elapsedSeconds
    // Routes that do not exist are not counted: their names are the client's to choose.
    if let route = context.route {
      metrics.record(
        method: request.method.rawValue, endpoint: route.template, status: response.status.code,
        seconds: seconds,
        collection: route.isAboutCollection ? try? context.collectionName() : nil)
    }
    log(request, context, response.status.code, seconds)
    if trace.span != nil { endSpan(request, context, response.status.code) }
    return response
  }

  private static let positionField = HTTPField.Name(Replicator.positionHeader)
  private static let lagField = HTTPField.Name(Replicator.lagHeader)

  /// Says how far the server's database is, and how old that may be.
  private static func note(_ progress: ReplicaProgress, in response: inout Response) {
    if let positionField { response.headers[positionField] = String(progress.segment) }
    if let lagField { response.headers[lagField] = String(progress.lagMilliseconds) }
  }

  /// Ends the span of a request with what is known of it by now; it is called by its route.
  private func endSpan(_ request: Request, _ context: RESTContext, _ status: Int) {
    let method = request.method.rawValue
    var said: RequestTrace.Attributes = [
      "http.request.method": .text(method), "url.path": .text(request.uri.path),
      "http.response.status_code": .number(status), "quiver.request_id": .text(context.requestID),
    ]
    if let route = context.route {
      said["http.route"] = .text(route.template)
      if route.isAboutCollection, let name = try? context.collectionName() {
        said["db.collection.name"] = .text(name)
      }
    }
    context.trace.end(
      as: context.route.map { "\(method) \($0.template)" }, said, isFailure: status >= 500)
  }

  private func answer(_ request: Request, _ context: inout RESTContext) async throws -> Response {
    if allowsOrigins, let response = CrossOrigin.preflight(request) { return response }
    switch table.match(request.method, Self.path(of: request)) {
    case .route(let route, let values):
      context.route = route
      context.values = values
      context.caller = try await caller(of: request, context, asking: route.action.requirement)
      try api.precheck(route.action, on: Self.collection(route, values), context.caller)
      if let forwarding, let leader = forwarding.leader(for: route.action, request) {
        return try await forwarding.answer(request, context, by: leader)
      }
      return try await route.handler(request, context)
    case .otherMethods(let routes):
      let isOpen = routes.allSatisfy { $0.action.requirement == .open }
      _ = try await caller(of: request, context, asking: isOpen ? .open : .anyKey)
      return Self.answerOtherMethod(request, context, routes)
    case .unknown:
      _ = try await caller(of: request, context, asking: .anyKey)
      return RESTResponse.notFound()
    }
  }

  /// Names the methods that a path is known with: to `OPTIONS` that is the answer, to others why
  /// there is none.
  private static func answerOtherMethod(
    _ request: Request, _ context: RESTContext, _ routes: [Route]
  ) -> Response {
    var allowed: [String] = []
    for method in [HTTPRequest.Method.get, .head, .post, .put, .patch, .delete, .options] {
      let served = method == .head ? HTTPRequest.Method.get : method
      if method == .options || routes.contains(where: { $0.method == served }) {
        allowed.append(method.rawValue)
      }
    }
    let list = allowed.joined(separator: ", ")
    var response =
      request.method == .options
      ? Response(status: .noContent)
      : RESTResponse.error(
        RESTError(
          .methodNotAllowed, "Method not allowed: \(request.method.rawValue), expected \(list)"),
        context)
    response.headers[.allow] = list
    return response
  }

  private static func path(of request: Request) -> String {
    if let path = request.head.path, path.utf8.first == UInt8(ascii: "/") { return path }
    return request.uri.path
  }

  /// Who sends a request; nobody asks where nothing is required.
  private func caller(
    of request: Request, _ context: RESTContext, asking requirement: Requirement
  ) async throws(ServiceError) -> Caller {
    if requirement == .open { return .nobody }
    return try await api.confirmed(
      api.caller(bringing: Self.key(of: request), from: origin(of: request, context)))
  }

  /// Where a request comes from.
  private func origin(of request: Request, _ context: RESTContext) -> Caller.Origin {
    let forwarded = api.trustsForwarding ? Self.first(Self.forwardedFields, of: request) : nil
    return Caller.Origin(
      remote: forwarded ?? context.remote, tracingID: Self.first(Self.tracingFields, of: request),
      api: request.uri.path, receipt: context.receipt)
  }

  private static func first(_ names: [HTTPField.Name?], of request: Request) -> String? {
    names.lazy.compactMap { field($0, of: request) }.first
  }

  private static func field(_ name: HTTPField.Name?, of request: Request) -> String? {
    name.flatMap { request.headers[$0] }
  }

  /// The key of a request: a header of its own goes before a bearer token.
  private static func key(of request: Request) -> String? {
    if let keyField, let key = request.headers[keyField] { return key }
    let scheme = "Bearer "
    guard let authorization = request.headers[.authorization], authorization.hasPrefix(scheme)
    else { return nil }
    return String(authorization.dropFirst(scheme.count))
  }

  /// The collection that a request is about, by the name in its path.
  private static func collection(_ route: Route, _ values: [String]) -> String? {
    route.collectionIndex.flatMap { PercentDecoding.decode(values[$0]) }
  }

  private func log(
    _ request: Request, _ context: RESTContext, _ status: Int, _ seconds: Double
  ) {
    let isSlow = seconds >= slowSeconds && context.route?.isAboutPoints ?? false
    let level = isSlow ? Logger.Level.warning : .debug
    guard level >= logger.logLevel else { return }
    logger.log(
      level: level, isSlow ? "slow request" : "request",
      metadata: named(
        context,
        [
          "method": "\(request.method.rawValue)",
          "path": "\(request.uri.path)", "status": .stringConvertible(status),
          "seconds": .stringConvertible(seconds),
          "body_bytes": .stringConvertible(
            request.headers[.contentLength].flatMap { Int($0) } ?? 0),
        ]))
  }

  /// What is logged of a request, with the names by which it is found elsewhere.
  private func named(_ context: RESTContext, _ metadata: Logger.Metadata) -> Logger.Metadata {
    var metadata = metadata
    metadata["request_id"] = "\(context.requestID)"
    if let trace = context.trace.id { metadata["trace_id"] = "\(trace)" }
    return metadata
  }

  private func refusal(
    _ error: any Error, _ request: Request, _ context: RESTContext
  ) -> Response {
    switch error {
    case let error as RESTError:
      return RESTResponse.error(error, context)
    case let error as RequestError:
      return RESTResponse.error(RESTError(error), context)
    case let error as ServiceError:
      let answer = RESTError(error)
      if error.isAboutCaller { return RESTResponse.text(answer.status, answer.text) }
      if answer.status.code == 500 || answer.status.code == 507 {
        logFailure(request, context, answer.status, answer.text)
      }
      return RESTResponse.error(answer, context)
    case let error as HTTPError where error.status.code < 500:
      let text = "Bad request: \(error.body ?? error.status.reasonPhrase)"
      return RESTResponse.error(RESTError(error.status, text), context)
    case let error as CollectionError:
      return refusal(ServiceError.engine(error), request, context)
    case is CancellationError:
      return refusal(ServiceError.engine(.shuttingDown), request, context)
    default:
      logFailure(request, context, .internalServerError, "\(error)")
      let text = "Service internal error: \(type(of: error))"
      return RESTResponse.error(RESTError(.internalServerError, text), context)
    }
  }

  private func logFailure(
    _ request: Request, _ context: RESTContext, _ status: HTTPResponse.Status, _ reason: String
  ) {
    failures.failed(
      of: "\(status.code) \(request.method.rawValue) \(context.route?.template ?? "")", reason,
      level: .error,
      named(
        context, ["method": "\(request.method.rawValue)", "path": "\(request.uri.path)"]))
  }
}
