import PointModel
import VectorIndex

extension PointCollection {
  /// Refuses a configuration by which vectors come from disk into memory that has no room for them.
  func checkRoom(for config: CollectionConfig) throws(CollectionError) {
    var growth = RowGrowth()
    for field in fields {
      guard let field = field as? DenseField,
        config.vectors.all.first(where: { $0.name == field.name })?.params.isOnDisk == false
      else { continue }
      growth.memory += field.files.reduce(0) { $0 + $1.header.rows.count } * field.rowBytes
    }
    if growth.memory == 0 { return }
    if let obstacle = core.memory.obstacle(to: growth, for: .vectorsInMemory) {
      throw .outOfSpace(obstacle)
    }
  }
}
