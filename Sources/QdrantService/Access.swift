/// What the operation of a call asks of its caller.
public enum Requirement: Sendable, Equatable {
  /// Nothing: no key is asked for.
  case open
  /// Any key: the answer holds what the caller may see.
  case anyKey
  /// To read a collection, or figures of the whole server.
  case read
  /// To change what is in a collection.
  case write
  /// To change the server: its collections, their names, and what snapshots bring.
  case manage
}

/// What a caller may do. Made once a request from its key, and passed with every call.
public struct Access: Sendable, Equatable {
  private enum Rights: Sendable {
    case everything
    case reading
    case nothing
  }

  private let rights: Rights

  /// May do everything.
  public static let full = Access(rights: .everything)
  /// May read all collections and figures, and list and download snapshots.
  public static let readOnly = Access(rights: .reading)
  /// May do only what is open to all.
  public static let nobody = Access(rights: .nothing)

  /// Refuses an operation that the caller has no right to.
  ///
  /// - Parameter collection: the collection that it is about, by the name that the caller used;
  ///   `nil` for the whole server. The rights of today's keys are the same for all.
  /// - Throws: ``ServiceError/forbidden(_:)`` or ``ServiceError/unauthenticated(_:)``.
  public func check(
    _ requirement: Requirement, on collection: String? = nil
  ) throws(ServiceError) {
    switch (rights, requirement) {
    case (.everything, _), (_, .open), (.reading, .anyKey), (.reading, .read): return
    case (.reading, .write), (.reading, .manage):
      throw .forbidden("Global manage access is required")
    case (.nothing, _): throw .missingKey
    }
  }

  /// Whether a list that the caller asks for may name `collection`.
  public func permitsListing(_ collection: String) -> Bool { rights != .nothing }
}

/// Who makes a call, since when, and how long it may take.
public struct ServiceCall: Sendable {
  /// What the caller may do.
  public var access: Access
  /// When the request arrived; its time counts from here, the wait for its body included.
  public var arrivedAt: ContinuousClock.Instant
  /// How long the caller waits, in seconds; `nil` for as long as it takes.
  public var timeoutSeconds: Int?

  /// A call of one request.
  public init(
    access: Access, arrivedAt: ContinuousClock.Instant = .now, timeoutSeconds: Int? = nil
  ) {
    self.access = access
    self.arrivedAt = arrivedAt
    self.timeoutSeconds = timeoutSeconds
  }

  /// When the caller stops waiting.
  var deadline: ContinuousClock.Instant? { timeoutSeconds.map { arrivedAt + .seconds($0) } }
}
