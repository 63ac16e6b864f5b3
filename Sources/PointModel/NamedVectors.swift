/// Vectors under their names, as they are read one after another; of several under one name the
/// last one counts.
package struct NamedVectors {
  /// In the order in which their names came first.
  package private(set) var vectors: [NamedVector] = []
  private var places: [String: Int] = [:]

  /// None.
  package init() {}

  /// Adds one.
  package mutating func set(_ vector: NamedVector) {
    if let place = places[vector.name] {
      vectors[place] = vector
    } else {
      places[vector.name] = vectors.count
      vectors.append(vector)
    }
  }
}
