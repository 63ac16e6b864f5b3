public import FastJSON

/// The shape and distance of one vector of every point, and the settings echoed with it.
public struct VectorParams: Sendable, Equatable {
  /// Components of a dense vector.
  public static let sizeMax = 65_536

  /// Components of the vector, or of each of its vectors if it is a multivector, 1…65,536.
  public var size: Int
  /// How vectors are compared.
  public var distance: Distance
  /// What was said of the form in which numbers are kept; `nil` if nothing was.
  public var declaredDatatype: VectorDatatype?
  /// What makes it a multivector; `nil` for a single one.
  public var multivector: MultiVectorParams?
  /// Further validated settings (`on_disk`, `memory`, `hnsw_config`, `quantization_config`), in
  /// wire form, only those that were set.
  public var settings: JSONObjectValue

  /// What dense vectors are.
  public init(
    size: Int, distance: Distance, datatype: VectorDatatype? = nil,
    multivector: MultiVectorParams? = nil, settings: JSONObjectValue = .init()
  ) {
    self.size = size
    self.distance = distance
    self.declaredDatatype = datatype
    self.multivector = multivector
    self.settings = settings
  }

  /// Whether the vectors are to stay on disk; `memory` says it, or else `on_disk`.
  public var isOnDisk: Bool {
    switch settings["memory"] {
    case .string(let place): place == "cold"
    default: settings["on_disk"] == .bool(true)
    }
  }

  /// The form in which numbers are kept.
  public var datatype: VectorDatatype { declaredDatatype ?? .float32 }
}

/// The form in which the numbers of a vector are kept.
public enum VectorDatatype: String, Sendable, Equatable, CaseIterable {
  /// Four bytes, as they were given.
  case float32
  /// Bytes from 0 to 255.
  case uint8
  /// Two bytes of a binary floating point number.
  case float16
  /// Codes of four bits; the numbers themselves are not kept.
  case turbo4

  /// Those that weights of sparse vectors can have.
  public static let ofSparse: [VectorDatatype] = [.float32, .uint8, .float16]
}

/// How multivectors are compared.
public struct MultiVectorParams: Sendable, Equatable {
  /// What the similarity of two sets of vectors is.
  public enum Comparator: String, Sendable, Equatable, CaseIterable {
    /// The sum, over the vectors of the query, of the similarity to the most similar vector.
    case maxSim = "max_sim"
  }

  /// How two multivectors are compared.
  public var comparator: Comparator

  /// What multivectors are.
  public init(comparator: Comparator = .maxSim) {
    self.comparator = comparator
  }
}
