import FastJSON
import PointModel
import ProtoWire
import QdrantAPI

/// Reads vectors of all kinds.
enum VectorMessages {
  /// The vectors of a point: one without a name, or those of a map.
  static func vectors(_ message: ProtoMessage) throws(DecodingFault) -> [NamedVector] {
    var vectors: [NamedVector]?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1:
        let value = try field.message(at: "vector", stored)
        if case .sparse = value { throw .format("Sparse vector must be named") }
        vectors = [NamedVector(name: "", value: value)]
      case 2: vectors = try named(try field.message())
      default: break
      }
    }
    guard let vectors else { throw .format("No Vector Provided") }
    return vectors
  }

  private static func stored(_ message: ProtoMessage) throws(DecodingFault) -> VectorValue {
    try vector(message, isStored: true)
  }

  private static func named(_ message: ProtoMessage) throws(DecodingFault) -> [NamedVector] {
    var vectors = NamedVectors()
    try message.read { field throws(DecodingFault) in
      guard field.number == 1 else { return }
      var name = ""
      var value: VectorValue?
      try field.message().read { entry throws(DecodingFault) in
        switch entry.number {
        case 1: name = try entry.string()
        case 2: value = try entry.message(at: "vector", stored)
        default: break
        }
      }
      vectors.set(NamedVector(name: name, value: value ?? .dense([])))
    }
    return vectors.vectors
  }

  /// A vector of any kind, in today's form or in that of older clients: numbers that belong to
  /// indices, or to so many vectors.
  ///
  /// - Parameter isStored: whether it is kept, and not searched with.
  static func vector(
    _ message: ProtoMessage, isStored: Bool
  ) throws(DecodingFault) -> VectorValue {
    var data: [Float] = []
    var indices: [UInt32]?
    var count: UInt32?
    var value: VectorValue?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: try field.append(to: &data)
      case 2: indices = try self.indices(try field.message())
      case 3: count = try field.uint32()
      case 101: value = .dense(try dense(try field.message()))
      case 102: value = try field.message(at: "sparse", sparse)
      case 103: value = try field.message(at: "multi_dense", multi)
      case 104: value = try document(try field.message(), isStored: isStored)
      case 105: value = try object(try field.message(), "image", isStored: isStored)
      case 106: value = try object(try field.message(), "object", isStored: isStored)
      default: break
      }
    }
    if let value { return value }
    switch (indices, count) {
    case (_?, _?):
      throw DecodingFault.validation("`indices` and `vectors_count` cannot be both specified")
        .under("indices")
    case (let indices?, nil): return .sparse(try sparse(indices, data))
    case (nil, let count?): return .multi(try multi(data, count: Int(count)))
    case (nil, nil): return .dense(data)
    }
  }

  /// A vector to search with, or the id of the point that has it.
  static func queryVector(_ message: ProtoMessage) throws(DecodingFault) -> QueryVector {
    var vector: QueryVector?
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: vector = .point(try PointMessages.id(try field.message()))
      case 2: vector = .dense(try dense(try field.message()))
      case 3: vector = .value(try field.message(at: "sparse", sparse))
      case 4: vector = .value(try field.message(at: "multi_dense", multi))
      case 5: vector = .value(try document(try field.message(), isStored: false))
      case 6: vector = .value(try object(try field.message(), "image", isStored: false))
      case 7: vector = .value(try object(try field.message(), "object", isStored: false))
      default: break
      }
    }
    guard let vector else { throw .format("VectorInput variant is required") }
    return vector
  }

  // MARK: Documents

  /// The vector that a model makes of a text.
  private static func document(
    _ message: ProtoMessage, isStored: Bool
  ) throws(DecodingFault) -> VectorValue {
    var document: JSONObjectValue = ["text": .string(""), "model": .string("")]
    var options: [ProtoMessage] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: document["text"] = .string(try field.string())
      case 3: document["model"] = .string(try field.string())
      case 4: options.append(try field.message())
      default: break
      }
    }
    document["options"] = .object(try PayloadMessages.object(options))
    return try JSONValueDecoder.documentVector(.object(document), isStored: isStored)
  }

  /// The vector that a model makes of an image or another object: there is no such model here, and
  /// the fault says so.
  private static func object(
    _ message: ProtoMessage, _ kind: String, isStored: Bool
  ) throws(DecodingFault) -> VectorValue {
    var document: JSONObjectValue = [kind: .null, "model": .string("")]
    try message.read { field throws(DecodingFault) in
      if field.number == 2 { document["model"] = .string(try field.string()) }
    }
    return try JSONValueDecoder.documentVector(.object(document), isStored: isStored)
  }

  // MARK: Kinds

  static func dense(_ message: ProtoMessage) throws(DecodingFault) -> [Float] {
    var values: [Float] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { try field.append(to: &values) }
    }
    return values
  }

  private static func sparse(_ message: ProtoMessage) throws(DecodingFault) -> VectorValue {
    var values: [Float] = []
    var indices: [UInt32] = []
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: try field.append(to: &values)
      case 2: try field.append(to: &indices)
      default: break
      }
    }
    return .sparse(try sparse(indices, values))
  }

  static func indices(_ message: ProtoMessage) throws(DecodingFault) -> [UInt32] {
    var indices: [UInt32] = []
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { try field.append(to: &indices) }
    }
    return indices
  }

  static func sparse(_ indices: [UInt32], _ values: [Float]) throws(DecodingFault) -> SparseVector {
    if indices.count != values.count {
      throw DecodingFault.validation("must be the same length as indices").under("values")
    }
    guard let vector = SparseVector(indices: indices, values: values) else {
      throw DecodingFault.validation("must be unique").under("indices")
    }
    return vector
  }

  private static func multi(_ message: ProtoMessage) throws(DecodingFault) -> VectorValue {
    var values: [Float] = []
    var dimension: Int?
    try message.read { field throws(DecodingFault) in
      guard field.number == 1 else { return }
      let before = values.count
      try field.message().read { part throws(DecodingFault) in
        if part.number == 1 { try part.append(to: &values) }
      }
      let length = values.count - before
      if length == 0 { throw .validation("all vectors must be non-empty") }
      if length != dimension ?? length {
        throw .validation(
          "all vectors must have the same dimension, found vector with dimension \(length)")
      }
      dimension = length
    }
    guard let dimension, let vector = MultiVector(dimension: dimension, values: values) else {
      throw .validation("multivector must not be empty")
    }
    return .multi(vector)
  }

  private static func multi(_ values: [Float], count: Int) throws(DecodingFault) -> MultiVector {
    guard count > 0, !values.isEmpty else {
      throw .validation("Empty multi-vector data with vectors count: \(count)")
    }
    guard values.count.isMultiple(of: count),
      let vector = MultiVector(dimension: values.count / count, values: values)
    else {
      throw .validation(
        "Data length is not divisible by vectors count. Data length: \(values.count), "
          + "vectors count: \(count)")
    }
    return vector
  }
}
