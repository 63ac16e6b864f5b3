import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

import class Foundation.FileManager
import class Foundation.ProcessInfo

/// Random operations on collections whose vectors come and go, against a dictionary and brute
/// force, with restarts, snapshots and recoveries in between.
@Suite struct FieldModelTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func behavesLikeADictionary(_ seed: UInt64) async throws {
    _ = try await behaves(seed: seed, steps: 400)
  }

  /// The same for longer, where `scripts/crash model` asks for it.
  @Test(.enabled(if: FieldModelTests.requestedOperations != nil))
  func survivesALongHistory() async throws {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["QUIVER_MODEL_SEED"].flatMap(UInt64.init) ?? 1
    // A step changes ten points or so.
    let steps = (Self.requestedOperations ?? 0) / 10
    let checked = try await behaves(seed: seed, steps: steps)
    print("fields: \(steps) requests, \(checked) points checked")
  }

  private static var requestedOperations: Int? {
    ProcessInfo.processInfo.environment["QUIVER_MODEL_OPERATIONS"].flatMap(Int.init)
  }

  /// - Returns: how many points were compared.
  private func behaves(seed: UInt64, steps: Int) async throws -> Int {
    try await withDatabase { temporary in
      var run = FieldModelRun(seed: seed)
      let folder = SnapshotFolder(path: temporary.path + "-snapshots")
      defer { try? FileManager.default.removeItem(atPath: folder.path) }
      let config = CollectionConfig(vectors: .named([]))
      try await temporary.database.createCollection(named: "things", config: config)
      for step in 0..<steps {
        try await run.step(temporary.database)
        if step % 90 == 89 { try await temporary.restart() }
        if step % 130 == 129 {
          let made = try await temporary.database.createSnapshot(of: "things", in: folder)
          try await temporary.database.recoverCollection(
            named: "things", from: "\(folder.path)/things/\(made.name)")
          try folder.delete(made.name, of: "things")
        }
        if step % 20 == 19 {
          let things = try temporary.database.collection(named: "things")
          try await run.check(things, "seed \(seed), step \(step)")
        }
      }
      return run.checkedPoints
    }
  }
}

private struct FieldModelRun {
  private var generator: SeededGenerator
  private var declared: [String: VectorDeclaration] = [:]
  private var points: [PointID: [String: VectorValue]] = [:]
  private(set) var checkedPoints = 0
  private static let names = ["a", "b", "c"]

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &generator) }

  // MARK: Changes

  mutating func step(_ database: Database) async throws {
    let things = try database.collection(named: "things")
    let name = Self.names[upTo(2)]
    switch upTo(11) {
    case 0:
      let declaration = declaration()
      if let present = declared[name], present != declaration {
        await #expect(throws: CollectionError.self) {
          _ = try await database.changeVectors(
            of: "things", .add(name: name, declaration))
        }
      } else {
        _ = try await database.changeVectors(of: "things", .add(name: name, declaration))
        declared[name] = declaration
      }
    case 1:
      if upTo(1) == 0 { return }
      _ = try await database.changeVectors(of: "things", .remove(name: name))
      declared[name] = nil
      for id in points.keys { points[id]?[name] = nil }
    case 2, 3:
      let ids = someIDs()
      _ = try await things.apply([.delete(.ids(ids))])
      for id in ids { points[id] = nil }
    case 4:
      if declared[name] == nil { return }
      let ids = someIDs().filter { points[$0] != nil }
      _ = try await things.apply([.deleteVectors(names: [name], .ids(ids))])
      for id in ids { points[id]?[name] = nil }
    case 5, 6:
      let id = id()
      guard points[id] != nil else { return }
      let vectors = vectors()
      _ = try await things.apply([.updateVectors([PointVectors(id: id, vectors: named(vectors))])])
      points[id]?.merge(vectors) { $1 }
    default:
      let new = someIDs().map { ($0, vectors()) }
      _ = try await things.apply([
        .upsert(new.map { Point(id: $0.0, vectors: named($0.1)) })
      ])
      for (id, vectors) in new { points[id] = vectors }
    }
  }

  private mutating func id() -> PointID { .number(UInt64(upTo(60))) }

  private mutating func someIDs() -> [PointID] {
    var ids: Set<PointID> = []
    for _ in 0...upTo(20) { ids.insert(id()) }
    return ids.sorted()
  }

  private func named(_ vectors: [String: VectorValue]) -> [NamedVector] {
    vectors.map { NamedVector(name: $0.key, value: $0.value) }
  }

  private mutating func vectors() -> [String: VectorValue] {
    var vectors: [String: VectorValue] = [:]
    for (name, declaration) in declared.sorted(by: { $0.key < $1.key }) where upTo(2) > 0 {
      vectors[name] = value(of: declaration)
    }
    return vectors
  }

  private mutating func declaration() -> VectorDeclaration {
    let datatype = [VectorDatatype.float32, .float16, .uint8][upTo(2)]
    if upTo(3) == 0 { return .sparse(SparseVectorParams(modifier: nil, datatype: datatype)) }
    let size = 2 + upTo(2)
    guard upTo(2) > 0 else {
      return .dense(
        VectorParams(
          size: size, distance: .dot, datatype: datatype, multivector: MultiVectorParams()))
    }
    return .dense(
      VectorParams(size: size, distance: upTo(1) == 0 ? .dot : .euclid, datatype: datatype))
  }

  /// Small integers, which every form of numbers can hold.
  private mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(upTo(9)) }
  }

  private mutating func value(of declaration: VectorDeclaration) -> VectorValue? {
    switch declaration {
    case .dense(let params):
      guard params.multivector != nil else { return .dense(floats(params.size)) }
      return MultiVector(dimension: params.size, values: floats(params.size * (1 + upTo(3))))
        .map { .multi($0) }
    case .sparse:
      var indices: Set<UInt32> = []
      for _ in 0...upTo(4) { indices.insert(UInt32(upTo(12))) }
      return SparseVector(indices: indices.sorted(), values: floats(indices.count).map { $0 + 1 })
        .map { .sparse($0) }
    }
  }

  // MARK: Checks

  mutating func check(_ things: PointCollection, _ context: String) async throws {
    let page = try await things.scroll(ScrollRequest(limit: 1000, withVector: .all))
    var found: [PointID: [String: VectorValue]] = [:]
    for record in page.records {
      let vectors = record.vectors ?? []
      found[record.id] = Dictionary(uniqueKeysWithValues: vectors.map { ($0.name, $0.value) })
    }
    try #require(found == points, "\(context)")
    checkedPoints += points.count
    for (name, declaration) in declared.sorted(by: { $0.key < $1.key }) {
      let holders = points.filter { $0.value[name] != nil }
      let filter = Filter(must: [.hasVector(name)])
      #expect(try await things.count(filter) == holders.count, "\(context)")
      guard let query = value(of: declaration) else { continue }
      try await check(things, name, declaration, query, "\(context), vector \(name)")
    }
  }

  private func check(
    _ things: PointCollection, _ name: String, _ declaration: VectorDeclaration,
    _ query: VectorValue, _ context: String
  ) async throws {
    let scores = points.compactMapValues { vectors in
      vectors[name].flatMap { Self.score(query, $0, declaration) }
    }
    let isDistance =
      if case .dense(let params) = declaration { params.distance == .euclid } else { false }
    let best = scores.values.sorted { isDistance ? $0 < $1 : $0 > $1 }
    let request = QueryRequest(
      query: .nearest(.value(query)), using: name, params: SearchParams(exact: true), limit: 100)
    let hits = try await things.query([request])[0]
    let off = Self.mostOff(query, declaration)
    try #require(hits.count == best.count, "\(context)")
    for (hit, score) in zip(hits, best) { #expect(abs(hit.score - score) <= off, "\(context)") }
    for hit in hits {
      let score = try #require(scores[hit.record.id], "\(context)")
      #expect(abs(hit.score - score) <= off, "\(context)")
    }
  }

  /// What a score may differ by from that of the vectors as they were given: of sparse vectors in
  /// steps half a step for every weight, which are up to nine apart.
  private static func mostOff(_ query: VectorValue, _ declaration: VectorDeclaration) -> Float {
    guard case .sparse(let params) = declaration, params.datatype == .uint8,
      case .sparse(let query) = query
    else { return 0 }
    return query.values.reduce(0) { $0 + $1 * 9 / 255 * 0.501 }
  }

  /// `nil` for a point that is no answer.
  private static func score(
    _ query: VectorValue, _ stored: VectorValue, _ declaration: VectorDeclaration
  ) -> Float? {
    switch (query, stored) {
    case (.dense(let query), .dense(let stored)):
      guard case .dense(let params) = declaration, params.distance == .euclid else {
        return zip(query, stored).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return zip(query, stored).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    case (.multi(let query), .multi(let stored)):
      return query.vectors.reduce(0) { sum, vector in
        sum + (stored.vectors.map { zip(vector, $0).reduce(0) { $0 + $1.0 * $1.1 } }.max() ?? 0)
      }
    case (.sparse(let query), .sparse(let stored)):
      let weights = Dictionary(uniqueKeysWithValues: zip(stored.indices, stored.values))
      let shared = zip(query.indices, query.values).filter { weights[$0.0] != nil }
      return shared.isEmpty ? nil : shared.reduce(0) { $0 + $1.1 * (weights[$1.0] ?? 0) }
    default: return nil
    }
  }
}
