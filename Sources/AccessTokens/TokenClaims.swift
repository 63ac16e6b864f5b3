public import PointModel

/// What a token says of whoever brings it.
public struct TokenClaims: Sendable, Equatable {
  /// What may be done in one collection.
  public enum CollectionRight: String, Sendable, CaseIterable {
    /// To read points, settings, snapshots and indexes.
    case read = "r"
    /// That, and to change points, indexes, vectors and snapshots.
    case readWrite = "rw"
    /// To read and change points, and nothing else.
    case points = "prw"
  }

  /// A right in one collection.
  public struct CollectionGrant: Sendable, Equatable {
    /// The name of the collection, its own or another.
    public var collection: String
    /// What may be done in it.
    public var right: CollectionRight

    /// A right in the collection of this name.
    public init(collection: String, right: CollectionRight) {
      self.collection = collection
      self.right = right
    }
  }

  /// What may be done at all.
  public enum Grant: Sendable, Equatable {
    /// To read everything.
    case read
    /// Everything.
    case manage
    /// What is said of each collection, and nothing in others.
    case collections([CollectionGrant])
  }

  /// A point that must be there for the token to hold: who deletes it takes the token back.
  public struct ValueExists: Sendable, Equatable {
    /// A value that the point has.
    public struct Match: Sendable, Equatable {
      /// Where in the payload.
      public var key: PayloadPath
      /// Which one.
      public var value: MatchValue

      /// A value at a place.
      public init(key: PayloadPath, value: MatchValue) {
        self.key = key
        self.value = value
      }
    }

    /// The collection that the point is in.
    public var collection: String
    /// All of what one point must have.
    public var matches: [Match]

    /// A point of `collection` with all of `matches`.
    public init(collection: String, matches: [Match]) {
      self.collection = collection
      self.matches = matches
    }
  }

  /// Whose token it is, for whoever makes tokens. Nothing depends on it.
  public var owner: String?
  /// When it ends, in seconds since 1970.
  public var expiry: UInt64?
  /// What may be done with it; everything, when it says nothing.
  public var access: Grant
  /// What must be there for it to hold.
  public var valueExists: ValueExists?
  /// Who acts with it, for the audit log.
  public var subject: String?

  /// Claims that hold for ever, unless said otherwise.
  public init(
    access: Grant = .manage, expiry: UInt64? = nil, valueExists: ValueExists? = nil,
    subject: String? = nil, owner: String? = nil
  ) {
    self.access = access
    self.expiry = expiry
    self.valueExists = valueExists
    self.subject = subject
    self.owner = owner
  }
}

/// Why a token is not accepted.
public enum TokenFault: Error, Sendable, Equatable {
  /// It is no token, or says what no token says.
  case malformed
  /// It was signed with another key.
  case wrongSignature
  /// Its time is over.
  case expired
  /// It says what may not be said.
  case invalid(String)
}
