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
    for name in old.keys where Self.place(of: name, in: new) == nil {
      plan.batch.delete(key: KeyLayout.alias(name), in: KeyLayout.meta)
    }
    for (name, collection) in new
    where Self.place(of: name, in: old).map({ old[$0].value }) != collection {
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
      guard latest.collection(named: alias.collection) != nil else {
        throw .collectionNotFound(alias.collection)
      }
      try check(alias.name, besides: aliases)
      aliases[alias.name] = alias.collection
    case .delete(let name):
      if let place = Self.place(of: name, in: aliases) { aliases.remove(at: place) }
    case .rename(let from, let to):
      guard let place = Self.place(of: from, in: aliases) else { throw .aliasNotFound(from) }
      try check(to, besides: aliases)
      aliases[to] = aliases.remove(at: place).value
    }
  }

  /// Where an alias is, if it is there in the same bytes.
  private static func place(
    of name: String, in aliases: [String: String]
  ) -> Dictionary<String, String>.Index? {
    aliases.index(forKey: name).flatMap { areSame(aliases[$0].key, name) ? $0 : nil }
  }

  /// Refuses a new alias that is the name of a collection, or that of an alias in other bytes.
  private func check(
    _ name: String, besides aliases: [String: String]
  ) throws(CollectionError) {
    if latest.collections[name] != nil { throw .collectionExists(name) }
    if let place = aliases.index(forKey: name) {
      try Self.refuse(name, besides: aliases[place].key)
    }
  }
}
