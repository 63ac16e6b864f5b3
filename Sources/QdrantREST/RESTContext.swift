public import Hummingbird
import NIOCore
import PointModel
import QdrantService
import RequestTracing

/// What accompanies one request: the moment it arrived, its route and the parameters of its path.
public struct RESTContext: InitializableFromSource {
  /// When the request's head had been read; `time` in answers counts from here.
  public let startedAt: ContinuousClock.Instant
  /// What the request's method and path lead to; `nil` when they lead nowhere.
  var route: Route?
  /// What the route's parameters stand for, still escaped.
  var values: [String] = []
  /// Who calls.
  var caller = Caller.nobody
  /// What the request is called in logs.
  var requestID = ""
  /// The trace that it belongs to.
  var trace = RequestTrace.none
  /// What tells that it has been written down.
  var receipt: AuditReceipt?

  /// The connection that it came by.
  private var channel: (any Channel)?

  /// Starts the request's clock.
  public init(source: ApplicationRequestContextSource) {
    self.init()
    channel = source.channel
  }

  /// The address of whoever has sent the request.
  var remote: String? { channel?.remoteAddress?.ipAddress }

  /// Starts the request's clock.
  init() {
    startedAt = .now
  }

  /// Seconds since the request arrived.
  var elapsedSeconds: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - startedAt).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// The call that the request makes, of a caller who waits so long.
  func call(_ timeoutSeconds: Int? = nil) -> ServiceCall {
    ServiceCall(caller: caller, arrivedAt: startedAt, timeoutSeconds: timeoutSeconds)
  }

  /// The collection that a request reads, and the call that it makes.
  func read(_ request: Request) throws(RESTError) -> (name: String, call: ServiceCall) {
    let parameters = try ReadParameters(request)
    var call = call(parameters.timeoutSeconds)
    call.isConsistent = parameters.isConsistent
    return (try collectionName(), call)
  }

  /// What the request's route does.
  var action: ServiceAction? { route?.action }

  /// Whether the route's path has a parameter of that name.
  func has(_ name: String) -> Bool { route?.parameters.contains(name) ?? false }

  /// A segment of the path, with its percent escapes undone.
  func pathParameter(_ name: String) throws(RESTError) -> String {
    guard let text = PercentDecoding.decode(escapedParameter(name)) else {
      throw RESTError(
        .badRequest, "Deserialize error in path parameters: `\(name)` is not valid UTF-8")
    }
    return text
  }

  /// What a route's last parameter took of the path, still escaped.
  var rest: String { values.last ?? "" }

  /// A segment of the path as it was sent.
  func escapedParameter(_ name: String) -> String {
    route?.parameters.firstIndex(of: name).map { values[$0] } ?? ""
  }

  /// The collection named by the path.
  ///
  /// - Throws: 422 when no collection can have that name. `strict` demands what a new name must
  ///   obey; names that existed before those rules stay reachable.
  func collectionName(strict: Bool = false) throws(RESTError) -> String {
    let name = try pathParameter("collection_name")
    if let reason = CollectionName.fault(in: name, isNew: strict) {
      throw .validation("path parameters", field: "collection_name", reason)
    }
    return name
  }
}
