public import AccessTokens

/// What a caller may do. Made once a request from its key, and passed with every call.
public struct Access: Sendable, Equatable {
  private enum Rights: Sendable, Equatable {
    case everything
    case reading
    case collections([String: TokenClaims.CollectionRight])
    case nothing
  }

  private let rights: Rights

  /// May do everything.
  public static let full = Access(rights: .everything)
  /// May read all collections and figures, and list and download snapshots.
  public static let readOnly = Access(rights: .reading)
  /// May do only what is open to all.
  public static let nobody = Access(rights: .nothing)

  private init(rights: Rights) {
    self.rights = rights
  }

  /// What a token grants.
  public init(_ grant: TokenClaims.Grant) {
    switch grant {
    case .manage: self = .full
    case .read: self = .readOnly
    case .collections(let grants):
      rights = .collections(
        Dictionary(
          grants.map { ($0.collection, $0.right) }, uniquingKeysWith: { first, _ in first })
      )
    }
  }

  /// Whether the caller may do what concerns no single collection: see all figures, for one.
  public var isGlobal: Bool {
    switch rights {
    case .everything, .reading: true
    case .collections, .nothing: false
    }
  }

  /// Refuses an operation that the caller has no right to.
  ///
  /// A right in a collection is given under a name. It holds for the collection of that name, and
  /// for whoever calls it by another: what is said of the name that the caller uses goes first.
  ///
  /// - Parameters:
  ///   - name: the collection that it is about, by the name that the caller used; `nil` for the
  ///     whole server.
  ///   - ownName: the collection's own name, asked for where the first says nothing.
  /// - Returns: the name that the right is given under, which leads to the same collection whatever
  ///   becomes of others meanwhile.
  /// - Throws: ``ServiceError/forbidden(_:)`` or ``ServiceError/unauthenticated(_:)``.
  @discardableResult
  public func check(
    _ requirement: Requirement, on name: String? = nil,
    ownName: (String) -> String? = { _ in nil }
  ) throws(ServiceError) -> String {
    switch (rights, requirement) {
    case (.everything, _), (_, .open), (.reading, .anyKey), (.collections, .anyKey): break
    case (.nothing, _): throw .missingKey
    case (.reading, .read), (.reading, .readExtras), (.reading, .serverRead): break
    case (.reading, .write), (.reading, .writeExtras), (.reading, .manage):
      throw .forbidden("Global manage access is required")
    case (.collections, .serverRead), (.collections, .manage):
      throw .forbidden("Global access is required")
    case (.collections(let grants), .read), (.collections(let grants), .readExtras),
      (.collections(let grants), .write), (.collections(let grants), .writeExtras):
      guard let name else { throw .forbidden("Global access is required") }
      if let right = grants[name] {
        try Self.check(requirement, right, name)
      } else if let own = ownName(name), let right = grants[own] {
        try Self.check(requirement, right, name)
        return own
      } else {
        throw .forbidden("Access to collection \(name) is required")
      }
    }
    return name ?? ""
  }

  private static func check(
    _ requirement: Requirement, _ right: TokenClaims.CollectionRight, _ name: String
  ) throws(ServiceError) {
    if requirement.isAboutExtras, right == .points {
      throw .forbidden("Only points access is allowed for collection \(name)")
    }
    if requirement.isChange, right == .read {
      throw .forbidden("Write access to collection \(name) is required")
    }
  }

  /// Whether a list that the caller asks for may name a collection, by its own name.
  public func permitsListing(_ collection: String) -> Bool {
    switch rights {
    case .everything, .reading: true
    case .collections(let grants): grants[collection] != nil
    case .nothing: false
    }
  }
}
