import PointModel

extension CollectionConfig {
  /// Refuses vectors that cannot be kept yet.
  func checkVectorKinds() throws(CollectionError) {
    for vector in vectors.all {
      if vector.params.multivector != nil {
        throw .badRequest("vector `\(vector.name)`: multivectors are not supported yet")
      }
      if vector.params.datatype != .float32 {
        throw .badRequest(
          "vector `\(vector.name)`: datatype `\(vector.params.datatype.rawValue)` is not supported "
            + "yet")
      }
    }
  }
}
