/// One vector of a point under its name; the name is empty for a collection's unnamed vector.
public struct NamedVector: Sendable, Equatable {
  /// The name; empty for the unnamed vector.
  public let name: String
  /// The vector itself.
  public let value: VectorValue

  /// A vector of any kind under its name.
  public init(name: String, value: VectorValue) {
    self.name = name
    self.value = value
  }

  /// A dense vector under its name.
  public init(name: String, values: [Float]) {
    self.init(name: name, value: .dense(values))
  }

  /// The elements of a dense vector; none for a vector of another kind.
  public var values: [Float] {
    if case .dense(let values) = value { values } else { [] }
  }
}

/// What a client writes: an id, any of the collection's vectors, and a payload.
public struct Point: Sendable, Equatable {
  /// Its id, unique in a collection.
  public var id: PointID
  /// Its vectors, each name once.
  public var vectors: [NamedVector]
  /// What is stored with it.
  public var payload: Payload

  /// A point as it is written.
  public init(id: PointID, vectors: [NamedVector], payload: Payload = .empty) {
    self.id = id
    self.vectors = vectors
    self.payload = payload
  }
}

/// New vectors for a point that exists; vectors not named stay as they are.
public struct PointVectors: Sendable, Equatable {
  /// The point.
  public var id: PointID
  /// The vectors that replace its own of the same names.
  public var vectors: [NamedVector]

  /// New vectors of a point.
  public init(id: PointID, vectors: [NamedVector]) {
    self.id = id
    self.vectors = vectors
  }
}

/// What is read back of a point. `nil` means not asked for.
public struct Record: Sendable, Equatable {
  /// The point.
  public var id: PointID
  /// Its payload, as far as it was asked for.
  public var payload: Payload?
  /// Its vectors, as far as they were asked for.
  public var vectors: [NamedVector]?
  /// What gave the point its place when an order was asked for.
  public var orderValue: Number?

  /// Bytes of its payload and vectors in memory.
  public var byteCount: Int {
    (payload?.json.count ?? 0) + (vectors ?? []).reduce(0) { $0 + $1.value.byteCount }
  }

  /// A point as it is returned.
  public init(
    id: PointID, payload: Payload? = nil, vectors: [NamedVector]? = nil,
    orderValue: Number? = nil
  ) {
    self.id = id
    self.payload = payload
    self.vectors = vectors
    self.orderValue = orderValue
  }
}

/// A point found by a search, with the number of the operation that last changed it.
public struct ScoredPoint: Sendable, Equatable {
  /// The point.
  public var record: Record
  /// The number of the operation that wrote it last.
  public var version: UInt64
  /// Similarity for cosine and dot, distance for Euclid and Manhattan.
  public var score: Float

  /// A point that was found.
  public init(record: Record, version: UInt64, score: Float) {
    self.record = record
    self.version = version
    self.score = score
  }
}
