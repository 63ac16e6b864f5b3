import PointModel

/// The rules for the names of a collection's vectors.
enum VectorNames {
  /// Bytes of the name of a vector.
  private static let bytesMax = 200
  private static let forbidden = Set("<>:\"/\\|?*\0\u{1F}".unicodeScalars)

  /// Refuses names that cannot be, and a dense and a sparse vector of one name.
  static func check(_ config: CollectionConfig) throws(DecodingFault) {
    var dense: Set<String> = []
    for vector in config.vectors.all {
      dense.insert(vector.name)
      try check(vector.name, of: "dense")
    }
    for vector in config.sparseVectors { try check(vector.name, of: "sparse") }
    for vector in config.sparseVectors {
      if vector.name.isEmpty { throw .wrongInput("Sparse vector name cannot be empty") }
      if dense.contains(vector.name) {
        throw .wrongInput(
          "Dense and sparse vector names must be unique - duplicate found with '\(vector.name)'")
      }
    }
    var sparse: Set<String> = []
    for vector in config.sparseVectors {
      try refuse(vector.name, besides: sparse.insert(vector.name).memberAfterInsert)
    }
  }

  /// Refuses a name that is the text of another one, in other bytes: whoever types it could not
  /// tell which of the two is meant.
  static func refuse(_ name: String, besides other: String) throws(DecodingFault) {
    if name.utf8.elementsEqual(other.utf8) { return }
    throw .wrongInput("Vector name `\(name)` is the text of another one, in other bytes")
  }

  private static func check(_ name: String, of kind: String) throws(DecodingFault) {
    guard let problem = problem(with: name) else { return }
    throw .wrongInput("Invalid \(kind) vector name `\(name)`: \(problem)")
  }

  /// What is wrong with a name; `nil` if nothing is.
  static func problem(with name: String) -> String? {
    if name.utf8.count > bytesMax {
      return "vector name must be at most \(bytesMax) bytes long"
    }
    guard let found = name.unicodeScalars.first(where: forbidden.contains) else { return nil }
    return "vector name cannot contain \"\(Character(found))\" char"
  }
}
