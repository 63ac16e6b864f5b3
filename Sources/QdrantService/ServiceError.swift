public import PointModel
package import Replication
public import VectorDB

/// Why a call was refused or failed: the one table from causes to what every transport tells.
public enum ServiceError: Error, Sendable, Equatable {
  /// What kind of answer an error is; each transport has a code for each.
  public enum Kind: Sendable, CaseIterable {
    /// The request can't be carried out as it is.
    case badRequest
    /// A member of the request is out of range.
    case invalid
    /// The caller brought no key, or a wrong one.
    case unauthenticated
    /// The caller has no right to it.
    case forbidden
    /// What is asked for is not there.
    case notFound
    /// What is to be made is there already.
    case conflict
    /// The caller's time is over.
    case timedOut
    /// The caller may try again later.
    case exhausted
    /// Memory or disk does not suffice.
    case outOfSpace
    /// The server can't do it now.
    case unavailable
    /// Only a cluster does it.
    case standalone
    /// What it asks for is not so.
    case precondition
    /// It may have been done, or not.
    case unknown
    /// The server's own fault.
    case failed
  }

  /// The engine refused it.
  case engine(CollectionError)
  /// A member of the request is out of range.
  case invalid(field: String, reason: String)
  /// The caller brought no key, or a wrong one.
  case unauthenticated(String)
  /// The caller's token does not hold.
  case tokenRefused(String)
  /// The caller has no right to it.
  case forbidden(String)
  /// There is no such point.
  case pointMissing(PointID)
  /// There is no such shard.
  case shardMissing(UInt32)
  /// Only a cluster does it.
  case standalone
  /// The files of a shard are of another format.
  case unreadableStorage
  /// The database is not open yet.
  case starting
  /// A change was sent to the server that takes it, and its answer did not come.
  case outcomeUnknown(String)

  /// No key where one is demanded.
  static let missingKey = ServiceError.unauthenticated(
    "Must provide an API key or an Authorization bearer token")

  /// The kind of answer.
  public var kind: Kind {
    switch self {
    case .engine(let error): Self.kind(of: error)
    case .invalid: .invalid
    case .unauthenticated: .unauthenticated
    case .forbidden, .tokenRefused: .forbidden
    case .pointMissing, .shardMissing: .notFound
    case .standalone: .standalone
    case .unreadableStorage: .precondition
    case .starting: .unavailable
    case .outcomeUnknown: .unknown
    }
  }

  /// Whether it is about who the caller is, rather than what is asked for.
  public var isAboutCaller: Bool {
    switch self {
    case .unauthenticated, .tokenRefused: true
    default: false
    }
  }

  /// Seconds after which the caller may try again; `nil` where that does not help.
  public var retryAfterSeconds: Int? {
    switch self {
    case .engine(.overloaded(let seconds)): seconds
    case .engine(.rateLimited(_, let seconds)): seconds
    case .engine(.loading), .engine(.unavailable), .starting: 1
    default: nil
    }
  }

  /// The whole text, in the words of Qdrant.
  public var text: String {
    switch self {
    case .engine(let error): Self.text(of: error)
    case .invalid(let field, let reason): "Validation error in body: [\(field): \(reason)]"
    case .unauthenticated(let reason), .tokenRefused(let reason): reason
    case .forbidden(let reason): "Forbidden: \(reason)"
    case .pointMissing(let id): "Not found: Point with id \(id) does not exists!"
    case .shardMissing(let shard): "Not found: shard \(shard)"
    case .standalone: "Qdrant is running in standalone mode"
    case .unreadableStorage:
      "Precondition failed: this server keeps shards in files of another format"
    case .outcomeUnknown(let reason): "Outcome unknown: \(reason)"
    case .starting: "Service unavailable: the data directory is still being opened"
    }
  }

  private static func kind(of error: CollectionError) -> Kind {
    switch error {
    case .collectionNotFound, .referredCollectionNotFound, .aliasNotFound, .pointNotFound,
      .snapshotNotFound:
      .notFound
    case .collectionExists: .conflict
    case .forbidden: .forbidden
    case .unknownVector, .wrongDimension, .wrongInput, .badRequest: .badRequest
    case .timedOut: .timedOut
    case .overloaded, .rateLimited: .exhausted
    case .outOfSpace, .quotaReached: .outOfSpace
    case .shuttingDown, .unavailable, .loading: .unavailable
    case .quarantined, .damaged, .storage: .failed
    }
  }

  private static func text(of error: CollectionError) -> String {
    switch error {
    case .collectionNotFound(let name): "Not found: Collection `\(name)` doesn't exist!"
    case .referredCollectionNotFound(let name): "Not found: Collection \(name) not found"
    case .collectionExists(let name): "Wrong input: Collection `\(name)` already exists!"
    case .aliasNotFound(let name): "Not found: Alias \(name) does not exists!"
    case .pointNotFound(let id): "Not found: No point with id \(id) found"
    case .snapshotNotFound(let name): "Not found: Snapshot \(name) not found"
    case .forbidden(let reason): "Forbidden: \(reason)"
    case .unknownVector(let name, let context):
      "Wrong input: Not existing vector name error: \(name)" + parenthesised(context)
    case .wrongDimension(let expected, let got, let context):
      "Wrong input: Vector dimension error: expected dim: \(expected), got \(got)"
        + parenthesised(context)
    case .wrongInput(let reason): "Wrong input: \(reason)"
    case .badRequest(let reason): "Bad request: \(reason)"
    case .timedOut(let reason): "Timeout error: \(reason)"
    case .overloaded: "Rate limiting exceeded: too many requests wait already"
    case .rateLimited(let reason, _): "Rate limiting exceeded: \(reason)"
    case .outOfSpace(let reason): "Service internal error: out of space: \(reason)"
    case .quotaReached(let reason): "Insufficient storage: \(reason)"
    case .shuttingDown: "Service unavailable: the server is shutting down"
    case .unavailable(let reason): "Service unavailable: \(reason)"
    case .loading(let name):
      "Service unavailable: collection `\(name)` is still being loaded"
    case .quarantined(let name, let reason):
      """
      Service internal error: collection `\(name)` is quarantined, because its records are \
      damaged: \(reason). Delete it or recover it from a snapshot
      """
    case .damaged(let reason), .storage(let reason): "Service internal error: \(reason)"
    }
  }

  private static func parenthesised(_ context: String) -> String {
    context.isEmpty ? "" : " (\(context))"
  }
}

extension ServiceError {
  /// What the caller of a change is told that did not get to the server at `address`, or from which
  /// no answer came.
  package init(_ error: ForwardingError, from address: String) {
    switch error {
    case .unsent(let reason):
      self = .engine(
        .unavailable(
          "the server at \(address), which takes writes, can't be reached, and nothing was sent to "
            + "it: \(reason)"))
    case .unknown(let reason):
      self = .outcomeUnknown(
        "the server at \(address), which takes writes, did not answer, and may have made the "
          + "change or make it yet: \(reason)")
    }
  }
}
