package import PointModel
import SeededRandom
package import VectorDB

/// A random history of a whole database.
package struct DatabaseHistory {
  private var generator: SeededGenerator
  /// Where its snapshots are.
  package let folder: SnapshotFolder
  private var snapshots: [(collection: String, path: String)] = []

  /// The history of this seed.
  package init(seed: UInt64, folder: SnapshotFolder) {
    generator = SeededGenerator(seed: seed)
    self.folder = folder
  }

  private mutating func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &generator) }

  /// Does the next thing, whatever comes of it.
  package mutating func step(_ database: Database) async throws {
    let name = ["a", "b", "c"][upTo(2)]
    guard let collection = try? database.collection(named: name), collection.name == name else {
      if upTo(3) == 0 {
        try? await database.changeAliases([.create(Alias(name: name, collection: "a"))])
      } else {
        try? await database.createCollection(named: name, config: config())
      }
      return
    }
    switch upTo(29) {
    case 0: _ = try await database.deleteCollection(named: name)
    case 1:
      var change = CollectionConfigChange()
      change.metadata = ["n": .integer(Int64(upTo(9)))]
      try await database.updateCollection(named: name, change: change)
    case 2, 3: try? await database.changeAliases(aliases(name))
    case 4, 5:
      _ = try await database.createPayloadIndex(
        of: name, at: path(["n", "tag"][upTo(1)]),
        PayloadFieldSchema(type: [.keyword, .integer][upTo(1)]))
    case 6: _ = try await database.deletePayloadIndex(of: name, at: path("n"))
    case 7:
      let made = try await database.createSnapshot(of: name, in: folder)
      snapshots.append((name, "\(folder.path)/\(name)/\(made.name)"))
    case 8:
      // It does not fit any more when the collection has other vectors now.
      if let (name, path) = snapshots.randomElement(using: &generator) {
        try? await database.recoverCollection(named: name, from: path)
      }
    default:
      // Several at once, so that they come into one commit.
      var requests: [[PointModel.Operation]] = []
      for _ in 0...upTo(2) { requests.append([operation(collection), operation(collection)]) }
      await withTaskGroup(of: Void.self) { group in
        for request in requests {
          group.addTask { _ = try? await collection.apply(request) }
        }
      }
    }
  }

  private func path(_ key: String) -> PayloadPath { PayloadPath(steps: [.key(key)]) }

  private mutating func config() -> CollectionConfig {
    let params = VectorParams(size: 1 + upTo(3), distance: [.cosine, .dot, .euclid][upTo(2)])
    if upTo(1) == 0 { return CollectionConfig(vectors: .unnamed(params)) }
    return CollectionConfig(
      vectors: .named([
        NamedVectorParams(name: "x", params: params),
        NamedVectorParams(name: "y", params: VectorParams(size: 2, distance: .manhattan)),
      ]))
  }

  private mutating func aliases(_ name: String) -> [AliasOperation] {
    let alias = ["p", "q", "c"][upTo(2)]
    switch upTo(2) {
    case 0: return [.create(Alias(name: alias, collection: name))]
    case 1: return [.delete(alias)]
    default:
      return [.create(Alias(name: "p", collection: name)), .rename(from: "p", to: alias)]
    }
  }

  private mutating func operation(_ collection: PointCollection) -> PointModel.Operation {
    switch upTo(9) {
    case 0...3:
      var points: [Point] = []
      for _ in 0...upTo(6) {
        let json = "{\"n\":\(upTo(5)),\"tag\":\"t\(upTo(2))\"}"
        points.append(Point(id: id(), vectors: vectors(collection), payload: payload(json)))
      }
      return .upsert(points)
    case 4: return .delete(upTo(1) == 0 ? .ids([id(), id()]) : selector())
    case 5:
      return .setPayload(
        payload("{\"m\":\(upTo(9))}"), upTo(1) == 0 ? .ids([id()]) : selector(), key: nil)
    case 6: return .deletePayload(keys: [path("m"), path("n")], selector())
    case 7: return .overwritePayload(payload("{\"n\":\(upTo(5))}"), selector())
    case 8:
      return .updateVectors([PointVectors(id: id(), vectors: vectors(collection))])
    default:
      let names = collection.config.vectors.all.map(\.name)
      return .deleteVectors(names: [names[upTo(names.count - 1)]], selector())
    }
  }

  private mutating func selector() -> PointSelector {
    if upTo(4) == 0 { return .filter(Filter()) }
    return .filter(Filter(must: [.match(key: path("n"), .value(.integer(Int64(upTo(5)))))]))
  }

  private mutating func id() -> PointID {
    upTo(3) == 0
      ? .uuid(PointUUID(high: 7, low: UInt64(upTo(9)))) : .number(UInt64(upTo(30)))
  }

  private mutating func vectors(_ collection: PointCollection) -> [NamedVector] {
    var vectors: [NamedVector] = []
    for vector in collection.config.vectors.all where vectors.isEmpty || upTo(2) > 0 {
      var values: [Float] = []
      for _ in 0..<vector.params.size {
        values.append(Float.random(in: -1...1, using: &generator))
      }
      vectors.append(NamedVector(name: vector.name, values: values))
    }
    return vectors
  }
}

/// What a database holds, as its users see it.
package struct DatabaseContents: Equatable, Sendable {
  /// What one collection holds.
  package struct Collection: Equatable, Sendable {
    var config: CollectionConfig
    var schema: PayloadSchema
    var points: ScrollPage
    var versions: [PointID: UInt64]
  }

  package var aliases: [Alias]
  package var collections: [String: Collection] = [:]

  /// What `database` holds now.
  package init(of database: Database) async throws {
    aliases = database.aliases
    for collection in database.collections {
      let scroll = ScrollRequest(limit: 10_000, withPayload: .all, withVector: .all)
      var versions: [PointID: UInt64] = [:]
      for hit in try await collection.query([QueryRequest(limit: 10_000)])[0] {
        versions[hit.record.id] = hit.version
      }
      collections[collection.name] = Collection(
        config: collection.config, schema: collection.payloadSchema,
        points: try await collection.scroll(scroll), versions: versions)
    }
  }
}
