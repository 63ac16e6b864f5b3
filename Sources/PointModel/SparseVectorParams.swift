public import FastJSON

/// How the sparse vectors of one name are kept and compared. Their similarity is the dot product.
public struct SparseVectorParams: Sendable, Equatable {
  /// What a query's weights are changed by.
  public enum Modifier: String, Sendable, Equatable, CaseIterable {
    /// Nothing.
    case none
    /// Each is multiplied by how rare its dimension is among the points.
    case idf
  }

  /// Validated settings in wire form, only those that were set: `modifier`, and `index` with
  /// `full_scan_threshold`, `on_disk`, `memory` and `datatype`.
  public var settings: JSONObjectValue

  /// Parameters with these settings, which must be valid.
  public init(settings: JSONObjectValue = .init()) {
    self.settings = settings
  }

  /// Parameters with a modifier and a datatype, each said only if it is given.
  public init(modifier: Modifier?, datatype: VectorDatatype? = nil) {
    settings = .init()
    if let modifier { settings["modifier"] = .string(modifier.rawValue) }
    if let datatype { settings["index"] = .object(["datatype": .string(datatype.rawValue)]) }
  }

  /// What a query's weights are changed by.
  public var modifier: Modifier {
    guard case .string(let name)? = settings["modifier"] else { return .none }
    return Modifier(rawValue: name) ?? .none
  }

  /// The form in which weights are kept.
  public var datatype: VectorDatatype {
    guard case .string(let name)? = index["datatype"] else { return .float32 }
    return VectorDatatype(rawValue: name) ?? .float32
  }

  /// Below so many vectors all of them are looked at; `nil` leaves it to the engine.
  public var fullScanThreshold: Int? {
    guard case .integer(let count)? = index["full_scan_threshold"] else { return nil }
    return Int(count)
  }

  /// Whether the index is to stay on disk.
  public var isOnDisk: Bool {
    switch index["memory"] {
    case .string(let place): place == "cold"
    default: index["on_disk"] == .bool(true)
    }
  }

  private var index: JSONObjectValue {
    guard case .object(let index)? = settings["index"] else { return .init() }
    return index
  }

  /// Sets what `changes` sets, in the index too, and keeps the rest.
  mutating func merge(_ changes: JSONObjectValue) {
    let index = index
    settings.merge(changes)
    guard case .object(let changed)? = changes["index"] else { return }
    settings["index"] = .object(index.merging(changed))
  }

  /// Reads stored settings.
  ///
  /// - Throws: `StoredConfigError` when they are no object, or name a modifier or datatype that
  ///   does not exist.
  init(storedJSON: JSONValue, at path: String) throws(StoredConfigError) {
    guard case .object(let settings) = storedJSON else {
      throw StoredConfigError("\(path): expected an object")
    }
    self.settings = settings
    if let modifier = settings["modifier"] {
      guard case .string(let name) = modifier, Modifier(rawValue: name) != nil else {
        throw StoredConfigError("\(path).modifier: expected a modifier")
      }
    }
    if let datatype = index["datatype"] {
      guard case .string(let name) = datatype,
        VectorDatatype.ofSparse.contains(where: { $0.rawValue == name })
      else { throw StoredConfigError("\(path).index.datatype: expected a datatype") }
    }
  }
}

/// The parameters of a sparse vector under its name, which is never empty.
public struct NamedSparseVectorParams: Sendable, Equatable {
  /// The vector's name.
  public var name: String
  /// What its vectors are.
  public var params: SparseVectorParams

  /// Sparse vectors under a name.
  public init(name: String, params: SparseVectorParams = .init()) {
    self.name = name
    self.params = params
  }
}
