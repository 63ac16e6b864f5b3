import PointModel
import Storage
import Synchronization

extension Catalog {
  /// All aliases, by name.
  var aliases: [Alias] {
    latest.aliases.map { Alias(name: $0.key, collection: $0.value) }
      .sorted { $0.name < $1.name }
  }

  /// The aliases of a collection, in no order.
  func aliases(of collection: String) -> [String] {
    latest.aliases.filter { $0.value == collection }.map(\.key)
  }

  /// Applies all of `operations` in their order, or nothing.
  func planAliases(_ operations: [AliasOperation]) throws(CollectionError) -> CatalogPlan {
    let old = latest.aliases
    var new = old
    for operation in operations { try apply(operation, to: &new) }
    guard new.count <= max(old.count, core.options.limits.aliasesMax) else {
      throw .wrongInput("the limit of \(core.options.limits.aliasesMax) aliases is reached")
    }
    var plan = CatalogPlan()
    for name in old.keys where new[name] == nil {
      plan.batch.delete(key: KeyLayout.alias(name), in: KeyLayout.meta)
    }
    for (name, collection) in new where old[name] != collection {
      plan.batch.put(key: KeyLayout.alias(name), value: Array(collection.utf8), in: KeyLayout.meta)
    }
    plan.effect = .aliases(operations)
    let changed = new
    plan.release = { [self] in change { $0.aliases = changed } }
    return plan
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
    latest.collections[name] != nil
  }
}
