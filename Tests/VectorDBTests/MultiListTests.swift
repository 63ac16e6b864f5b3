import DatabaseFixture
import Foundation
import PointModel
import SeededRandom
import Testing
import VectorDB
import VectorIndex

/// The lists of multivectors are saved, and there again from the first moment after a restart.
@Suite struct MultiListTests {
  private static let dimension = 8
  private static let count = 1_200

  private func multi(_ random: inout SeededGenerator) -> VectorValue {
    let values = (0..<4 * Self.dimension).map { _ in Float.random(in: -1...1, using: &random) }
    guard let vector = MultiVector(dimension: Self.dimension, values: values) else {
      preconditionFailure("whole vectors")
    }
    return .multi(vector)
  }

  private func create(_ fixture: TemporaryDatabase) async throws -> PointCollection {
    var params = VectorParams(size: Self.dimension, distance: .cosine)
    params.multivector = MultiVectorParams()
    var config = CollectionConfig(vectors: .unnamed(params))
    config.optimizers["indexing_threshold"] = .integer(16)
    try await fixture.database.createCollection(named: "things", config: config)
    return try fixture.database.collection(named: "things")
  }

  private func fill(
    _ things: PointCollection, _ ids: Range<Int>, _ random: inout SeededGenerator
  ) async throws {
    _ = try await things.apply([
      .upsert(
        ids.map {
          Point(
            id: .number(UInt64($0)), vectors: [NamedVector(name: "", value: multi(&random))],
            payload: payload("{}"))
        })
    ])
  }

  private func nearest(
    _ things: PointCollection, _ value: VectorValue, _ params: SearchParams
  ) async throws -> [PointID] {
    let request = QueryRequest(
      query: .nearest(.value(value)), params: params, limit: 10)
    return try await things.query([request])[0].map(\.record.id)
  }

  private func fileOfLists(_ fixture: TemporaryDatabase) -> URL {
    // Collections are numbered from 1, vectors from 0.
    URL(filePath: fixture.path + "/index/1-0.lists")
  }

  @Test func openingFindsThemThere() async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 31)
      let things = try await create(fixture)
      try await fill(things, 0..<Self.count, &random)
      let file = fileOfLists(fixture)
      #expect(try await eventually { FileManager.default.fileExists(atPath: file.path) })
      let listed = things.info().indexedVectorsCount
      #expect(listed >= 600)
      let query = multi(&random)
      let found = try await nearest(things, query, SearchParams(indexedOnly: true))
      try await fixture.restart()
      let again = try fixture.database.collection(named: "things")
      #expect(again.info().indexedVectorsCount == listed, "they are there from the first moment")
      #expect(try await nearest(again, query, SearchParams(indexedOnly: true)) == found)
      // They go where the vector goes.
      _ = try await fixture.database.deleteCollection(named: "things")
      try await fixture.restart()
      #expect(!FileManager.default.fileExists(atPath: file.path))
    }
  }

  @Test(arguments: ["cut", "flipped", "missing", "newer"]) func damagedListsAreMadeAnew(
    damage: String
  ) async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 32)
      let things = try await create(fixture)
      try await fill(things, 0..<Self.count, &random)
      let query = multi(&random)
      let truth = try await nearest(things, query, SearchParams(exact: true))
      let file = fileOfLists(fixture)
      #expect(try await eventually { FileManager.default.fileExists(atPath: file.path) })
      try await fixture.restart {
        var bytes = try Data(contentsOf: file)
        switch damage {
        case "cut": bytes.removeLast(1000)
        case "flipped": bytes[bytes.count / 2] ^= 4
        case "newer": bytes[12] = 9
        default: break
        }
        try bytes.write(to: file)
        if damage == "missing" { try FileManager.default.removeItem(at: file) }
      }
      let again = try fixture.database.collection(named: "things")
      let all = SearchParams(ivf: .recall(1))
      #expect(try await nearest(again, query, all) == truth)
      #expect(try await eventually { again.info().indexedVectorsCount >= 600 })
      #expect(try await nearest(again, query, all) == truth)
    }
  }
}
