import Crypto
import HTTPTypes
public import Hummingbird
import PointModel
import Synchronization

/// Finds out who asks by their key, where keys are set, and counts how often they do.
struct AccessMiddleware: RouterMiddleware {
  let keys: AccessKeys
  let requestsPerMinute: Int
  private let counter = RequestCounter()

  init(keys: AccessKeys, requestsPerMinute: Int) {
    self.keys = keys
    self.requestsPerMinute = requestsPerMinute
  }

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    guard !keys.isEmpty, !OpenPages.contain(request.uri.path) else {
      return try await next(request, context)
    }
    guard let given = Self.key(of: request) else { throw GatewayError.keyMissing }
    guard let caller = keys.caller(with: given) else { throw GatewayError.keyUnknown }
    if requestsPerMinute > 0,
      let wait = counter.wait(of: caller.name, limit: requestsPerMinute)
    {
      throw GatewayError.tooManyRequests(retryAfterSeconds: wait)
    }
    var context = context
    context.caller = caller
    return try await next(request, context)
  }

  private static func key(of request: Request) -> String? {
    if let header = request.headers[.authorization] {
      let parts = header.split(separator: " ", maxSplits: 1)
      if parts.count == 2, parts[0].lowercased() == "bearer" { return parts[1].trimmed }
    }
    for name in ["api-key", "x-api-key"] {
      if let field = HTTPField.Name(name), let key = request.headers[field] { return key }
    }
    return nil
  }
}

/// Pages that tell nothing of what is stored, and health, which orchestrators ask without a key.
enum OpenPages {
  static func contain(_ path: String) -> Bool {
    path.hasPrefix("/health") || path == "/" || path == "/docs" || path == "/openapi.json"
  }
}

/// The keys that may be presented, as hashes: looking one up tells nothing of the others.
public struct AccessKeys: Sendable, Equatable {
  private var callers: [String: Caller] = [:]

  /// No keys: everybody may do everything.
  public init() {}

  /// Reads `ROLE:KEY` or `ROLE@TENANT:KEY`, separated by commas or white space; a role is `read` or
  /// `write`. `nil` when it is anything else.
  public init?(_ text: String) {
    for entry in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let parts = entry.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[1].count >= 8 else { return nil }
      let role = parts[0].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
      guard role[0] == "read" || role[0] == "write" else { return nil }
      if role.count == 2, role[1].isEmpty { return nil }
      let hash = ContentHash.sha256(String(parts[1]))
      let caller = Caller(
        name: String(hash.prefix(16)), mayWrite: role[0] == "write",
        tenant: role.count == 2 ? String(role[1]) : "")
      // Of two roles nobody could say which one a key has.
      guard callers.updateValue(caller, forKey: hash) == nil else { return nil }
    }
  }

  /// Whether none are set.
  public var isEmpty: Bool { callers.isEmpty }

  /// Who has this key; `nil` when nobody does.
  func caller(with key: String) -> Caller? { callers[ContentHash.sha256(key)] }
}

/// Counts requests of the running minute, by caller.
final class RequestCounter: Sendable {
  private struct State {
    var start = ContinuousClock.now
    var counts: [String: Int] = [:]
  }

  private let state = Mutex(State())

  /// Counts a request; seconds to wait when it is one too many.
  func wait(of caller: String, limit: Int) -> Int? {
    state.withLock { state in
      let now = ContinuousClock.now
      if now - state.start >= .seconds(60) { state = State(start: now) }
      state.counts[caller, default: 0] += 1
      guard state.counts[caller, default: 0] > limit else { return nil }
      return 60 - Int((now - state.start) / .seconds(1))
    }
  }
}

/// Who asks, as their key says.
public struct Caller: Sendable, Equatable {
  /// What is told apart in limits and in idempotency keys; never the key itself.
  public let name: String
  /// Whether chunks may be stored and removed.
  public let mayWrite: Bool
  /// Whose chunks are seen and written; empty sees all, and writes those of nobody in particular.
  public let tenant: String

  /// A caller.
  public init(name: String, mayWrite: Bool, tenant: String) {
    self.name = name
    self.mayWrite = mayWrite
    self.tenant = tenant
  }

  /// Everybody, where no keys are set.
  public static let anybody = Caller(name: "", mayWrite: true, tenant: "")

  /// A filter of the caller's, within what they may see: both must hold.
  func narrowed(_ filter: Filter?) -> Filter? {
    guard !tenant.isEmpty else { return filter }
    let own = Condition.match(key: Self.tenantPath, .value(.string(tenant)))
    return Filter(must: [own] + (filter.map { [.filter($0)] } ?? []))
  }

  /// A filter of the caller's, within what they have stored: who sees all has stored what is
  /// nobody's in particular.
  func owned(_ filter: Filter) -> Filter? {
    guard tenant.isEmpty else { return narrowed(filter) }
    return Filter(must: [.isEmpty(key: Self.tenantPath), .filter(filter)])
  }

  private static let tenantPath = PayloadPath(
    steps: [.key(IndexedChunk.fingerprintKey), .key("tenant")])

  /// Throws unless the caller may write.
  func requireWriting() throws(GatewayError) {
    guard mayWrite else {
      throw .forbidden("This key may ask questions; storing and removing needs one that may write")
    }
  }
}

/// What a request carries through the gateway: who sent it.
public struct GatewayContext: RequestContext {
  /// What Hummingbird keeps.
  public var coreContext: CoreRequestContextStorage
  /// Who asks.
  public var caller = Caller.anybody

  /// The context of a new request.
  public init(source: Source) {
    coreContext = .init(source: source)
  }
}
