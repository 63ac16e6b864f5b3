public import PointModel
public import VectorDB

/// Collections as wholes, and their further names.
extension QdrantService {
  /// The names of all collections that the caller may see.
  public func collections(_ call: ServiceCall) throws(ServiceError) -> [String] {
    try database(call, .listCollections).collections.map(\.name).filter(call.access.permitsListing)
  }

  /// What a collection reports of itself.
  ///
  /// - Parameter action: what the caller wants to know of it.
  public func describe(
    _ name: String, _ call: ServiceCall, for action: ServiceAction = .getCollection
  ) async throws(ServiceError) -> CollectionDescription {
    let collection = try collection(name, call, action)
    let info = try await read("Collection info", call) { () async throws(CollectionError) in
      try await collection.describe()
    }
    return CollectionDescription(info: info, problem: try state.database().failure ?? info.damage)
  }

  /// What a collection takes in memory and on disk, part by part.
  public func memory(
    of name: String, _ call: ServiceCall
  ) async throws(ServiceError) -> CollectionMemoryReport {
    let collection = try collection(name, call, .getMemory)
    return try await read("Collection memory", call) { () async throws(CollectionError) in
      try await collection.memoryReport()
    }
  }

  /// How many points the only shard of a collection has, without any waiting.
  public func pointsCount(of name: String, _ call: ServiceCall) throws(ServiceError) -> Int {
    try collection(name, call, .getShards).pointsCount
  }

  /// Whether there is a collection, or an alias of one, of that name.
  public func exists(_ name: String, _ call: ServiceCall) throws(ServiceError) -> Bool {
    do throws(ServiceError) {
      _ = try collection(name, call, .collectionExists)
      return true
    } catch {
      guard case .engine(.collectionNotFound) = error else { throw error }
      return false
    }
  }

  /// Creates a collection.
  public func create(
    _ name: String, _ config: CollectionConfig, _ call: ServiceCall
  ) async throws(ServiceError) {
    let (database, name) = try database(call, .createCollection, on: name)
    try Self.check(newName: name)
    try await changeCatalogue(call) { () async throws(CollectionError) in
      try await database.createCollection(named: name, config: config)
    }
  }

  /// Changes a collection's settings.
  public func update(
    _ name: String, _ change: CollectionConfigChange, _ call: ServiceCall
  ) async throws(ServiceError) {
    let (database, name) = try database(call, .updateCollection, on: name)
    try await changeCatalogue(call) { () async throws(CollectionError) in
      try await database.updateCollection(named: name, change: change)
    }
  }

  /// Deletes a collection, its points and its aliases; `false` when there is none.
  public func delete(
    _ name: String, _ call: ServiceCall
  ) async throws(ServiceError) -> Bool {
    let (database, name) = try database(call, .deleteCollection, on: name)
    return try await changeCatalogue(call) { () async throws(CollectionError) in
      try await database.deleteCollection(named: name)
    }
  }

  /// All aliases that the caller may see, by name.
  public func aliases(_ call: ServiceCall) throws(ServiceError) -> [Alias] {
    try database(call, .listAliases).aliases.filter { call.access.permitsListing($0.collection) }
  }

  /// The aliases of the collection whose own name is `name`; none if it does not exist.
  public func aliases(of name: String, _ call: ServiceCall) throws(ServiceError) -> [Alias] {
    let (database, name) = try database(call, .listCollectionAliases, on: name)
    return database.aliases(of: name)
  }

  /// Changes aliases in the order of `operations`: all of them or, if one can't be, none.
  public func changeAliases(
    _ operations: [AliasOperation], _ call: ServiceCall
  ) async throws(ServiceError) {
    let database = try database(call, .changeAliases)
    for operation in operations {
      switch operation {
      case .create(let alias): try Self.check(newName: alias.name, "alias_name")
      case .rename(_, let name): try Self.check(newName: name, "new_alias_name")
      case .delete: break
      }
    }
    try await changeCatalogue(call) { () async throws(CollectionError) in
      try await database.changeAliases(operations)
    }
  }

  /// Refuses a name that no collection may be given, nor any of its aliases.
  static func check(
    newName name: String, _ field: String = "collection_name"
  ) throws(ServiceError) {
    if let reason = CollectionName.fault(in: name, isNew: true) {
      throw .invalid(field: field, reason: reason)
    }
  }
}
