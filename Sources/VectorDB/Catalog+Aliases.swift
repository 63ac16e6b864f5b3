import PointModel
import Storage
import Synchronization

extension Catalog {
  /// All aliases, by name.
  var aliases: [Alias] {
    state.withLock { $0.aliases }.map { Alias(name: $0.key, collection: $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// Applies all of `operations` in their order, as one durable batch, or nothing.
  func changeAliases(_ operations: [AliasOperation]) throws(CollectionError) {
    let old = state.withLock { $0.aliases }
    var new = old
    for operation in operations { try apply(operation, to: &new) }
    guard new.count <= max(old.count, core.options.limits.aliasesMax) else {
      throw .wrongInput("the limit of \(core.options.limits.aliasesMax) aliases is reached")
    }
    var batch = WriteBatch()
    for name in old.keys where new[name] == nil {
      batch.delete(key: KeyLayout.alias(name), in: KeyLayout.meta)
    }
    for (name, collection) in new where old[name] != collection {
      batch.put(key: KeyLayout.alias(name), value: Array(collection.utf8), in: KeyLayout.meta)
    }
    core.publish(sequence: try write(batch))
    let changed = new
    state.withLock { $0.aliases = changed }
  }

  private func apply(
    _ operation: AliasOperation, to aliases: inout [String: String]
  ) throws(CollectionError) {
    switch operation {
    case .create(let alias):
      guard isCollection(alias.collection) else { throw .collectionNotFound(alias.collection) }
      if isCollection(alias.name) { throw .collectionExists(alias.name) }
      aliases[alias.name] = alias.collection
    case .delete(let name): aliases[name] = nil
    case .rename(let from, let to):
      guard let collection = aliases[from] else { throw .aliasNotFound(from) }
      if isCollection(to) { throw .collectionExists(to) }
      aliases[from] = nil
      aliases[to] = collection
    }
  }

  private func isCollection(_ name: String) -> Bool {
    state.withLock { $0.collections[name] != nil }
  }
}
