/// The kind of values that an index of a payload field holds.
public enum PayloadIndexType: String, Sendable, Hashable, CaseIterable {
  case keyword
  case integer
  case float
  case geo
  case text
  case bool
  case datetime
  case uuid
}

/// How the values at one path of the payloads are indexed: one case a type, with its parameters.
///
/// A parameter that was not set is `nil`, so that a description can echo what was asked for.
public enum PayloadIndexParams: Sendable, Equatable {
  case keyword(KeywordIndexParams)
  case integer(IntegerIndexParams)
  case float(FloatIndexParams)
  case geo(GeoIndexParams)
  case text(TextIndexParams)
  case bool(BoolIndexParams)
  case datetime(DatetimeIndexParams)
  case uuid(UUIDIndexParams)

  /// The parameters of a type of which nothing was set.
  public init(defaultsOf type: PayloadIndexType) {
    switch type {
    case .keyword: self = .keyword(KeywordIndexParams())
    case .integer: self = .integer(IntegerIndexParams())
    case .float: self = .float(FloatIndexParams())
    case .geo: self = .geo(GeoIndexParams())
    case .text: self = .text(TextIndexParams())
    case .bool: self = .bool(BoolIndexParams())
    case .datetime: self = .datetime(DatetimeIndexParams())
    case .uuid: self = .uuid(UUIDIndexParams())
    }
  }

  /// The kind of values.
  public var type: PayloadIndexType {
    switch self {
    case .keyword: .keyword
    case .integer: .integer
    case .float: .float
    case .geo: .geo
    case .text: .text
    case .bool: .bool
    case .datetime: .datetime
    case .uuid: .uuid
    }
  }

  /// Whether values of the field divide the collection into tenants.
  public var isTenant: Bool {
    switch self {
    case .keyword(let params): params.isTenant ?? false
    case .uuid(let params): params.isTenant ?? false
    case .integer, .float, .geo, .text, .bool, .datetime: false
    }
  }
}

/// Strings that are matched as a whole.
public struct KeywordIndexParams: Sendable, Equatable {
  /// Whether values divide the collection into tenants.
  public var isTenant: Bool?
  /// Whether strings can be found by their beginning.
  public var prefix: Bool?
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of strings.
  public init(
    isTenant: Bool? = nil, prefix: Bool? = nil, placement: IndexPlacement = IndexPlacement()
  ) {
    self.isTenant = isTenant
    self.prefix = prefix
    self.placement = placement
  }
}

/// 64-bit integers.
public struct IntegerIndexParams: Sendable, Equatable {
  /// Whether values can be looked up; the default is `true`. Not `false` together with `range`.
  public var lookup: Bool?
  /// Whether ranges can be searched; the default is `true`.
  public var range: Bool?
  /// Whether most requests are filtered by this field.
  public var isPrincipal: Bool?
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of integers.
  public init(
    lookup: Bool? = nil, range: Bool? = nil, isPrincipal: Bool? = nil,
    placement: IndexPlacement = IndexPlacement()
  ) {
    self.lookup = lookup
    self.range = range
    self.isPrincipal = isPrincipal
    self.placement = placement
  }
}

/// Numbers of any kind.
public struct FloatIndexParams: Sendable, Equatable {
  /// Whether most requests are filtered by this field.
  public var isPrincipal: Bool?
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of numbers.
  public init(isPrincipal: Bool? = nil, placement: IndexPlacement = IndexPlacement()) {
    self.isPrincipal = isPrincipal
    self.placement = placement
  }
}

/// Points in time, given as strings.
public struct DatetimeIndexParams: Sendable, Equatable {
  /// Whether most requests are filtered by this field.
  public var isPrincipal: Bool?
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of moments.
  public init(isPrincipal: Bool? = nil, placement: IndexPlacement = IndexPlacement()) {
    self.isPrincipal = isPrincipal
    self.placement = placement
  }
}

/// UUIDs, given as strings.
public struct UUIDIndexParams: Sendable, Equatable {
  /// Whether values divide the collection into tenants.
  public var isTenant: Bool?
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of UUIDs.
  public init(isTenant: Bool? = nil, placement: IndexPlacement = IndexPlacement()) {
    self.isTenant = isTenant
    self.placement = placement
  }
}

/// Places on earth, given as objects with `lon` and `lat` in degrees.
public struct GeoIndexParams: Sendable, Equatable {
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of places.
  public init(placement: IndexPlacement = IndexPlacement()) {
    self.placement = placement
  }
}

/// `true` and `false`.
public struct BoolIndexParams: Sendable, Equatable {
  /// Where clients want the index.
  public var placement: IndexPlacement

  /// Parameters of an index of booleans.
  public init(placement: IndexPlacement = IndexPlacement()) {
    self.placement = placement
  }
}

/// Where an index should be kept, and whether a graph should know of it. Indexes of this engine
/// are in memory, and there is no graph: these are kept to be echoed.
public struct IndexPlacement: Sendable, Equatable {
  /// Where the data of an index is held.
  public enum Memory: String, Sendable, CaseIterable {
    case cold
    case cached
    case pinned
  }

  /// Whether it should be on disk; kept for clients.
  public var onDisk: Bool?
  /// How much of it should be in memory; kept for clients.
  public var memory: Memory?
  /// Whether a graph should follow it; kept for clients.
  public var enableHNSW: Bool?

  /// Wishes of a client, of which none need be given.
  public init(onDisk: Bool? = nil, memory: Memory? = nil, enableHNSW: Bool? = nil) {
    self.onDisk = onDisk
    self.memory = memory
    self.enableHNSW = enableHNSW
  }
}
