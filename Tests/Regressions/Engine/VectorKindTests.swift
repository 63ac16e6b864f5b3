import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

/// Vectors of a kind that a collection has not configured are refused, and change nothing.
@Suite struct VectorKindTests {
  private static func kinds() throws -> [(value: VectorValue, refusal: CollectionError)] {
    [
      (
        .sparse(try #require(SparseVector(indices: [3], values: [1]))),
        .wrongInput("Conversion between sparse and regular vectors failed")
      ),
      (
        .multi(try #require(MultiVector(dimension: 2, values: [1, 0, 0, 1]))),
        .wrongInput("Conversion between multi and regular vectors failed")
      ),
    ]
  }

  @Test func otherKindsAreRefused() async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create(size: 2)
      _ = try await things.apply([.upsert([point(1, [1, 0])])])
      for (value, refusal) in try Self.kinds() {
        try await expect(refusal, writing: NamedVector(name: "", value: value), to: things)
        let given = QueryVector.value(value)
        let pair = ContextPair(positive: given, negative: .point(.number(1)))
        var queries = [
          Query.nearest(given), .mmr(given, diversity: 0.5, candidates: nil), .context([pair]),
          .discover(target: given, context: []),
        ]
        for strategy in [RecommendQuery.Strategy.averageVector, .bestScore, .sumScores] {
          queries.append(.recommend(RecommendQuery(positive: [given], strategy: strategy)))
        }
        for query in queries {
          await #expect(throws: refusal) {
            _ = try await things.query([QueryRequest(query: query)])
          }
        }
      }
      let stored = try await things.retrieve([.number(1)], withVector: .all)
      #expect(stored.first?.vectors == [NamedVector(name: "", values: [1, 0])])
    }
  }

  @Test func sparseFieldsTakeSparseVectorsOnly() async throws {
    try await withDatabase { fixture in
      let config = CollectionConfig(
        vectors: .named([]), sparseVectors: [NamedSparseVectorParams(name: "words")])
      try await fixture.database.createCollection(named: "things", config: config)
      let things = try fixture.database.collection(named: "things")
      let refusal = CollectionError.wrongInput(
        "Conversion between sparse and regular vectors failed")
      let multi = try #require(MultiVector(dimension: 2, values: [1, 0, 0, 1]))
      for value in [VectorValue.dense([1, 0]), .multi(multi)] {
        try await expect(refusal, writing: NamedVector(name: "words", value: value), to: things)
        let request = QueryRequest(query: .nearest(.value(value)), using: "words")
        await #expect(throws: refusal) { _ = try await things.query([request]) }
      }
      let vector = try #require(SparseVector(indices: [7, 3], values: [1, 2]))
      let point = Point(
        id: .number(1), vectors: [NamedVector(name: "words", value: .sparse(vector))])
      _ = try await things.apply([.upsert([point])])
      let stored = try await things.retrieve([.number(1)], withVector: .all)
      let sorted = NamedVector(name: "words", value: .sparse(vector.sorted()))
      #expect(stored.first?.vectors == [sorted])
    }
  }

  /// What so many vectors take is reckoned before they are looked at.
  @Test func manyVectorsOfOtherKindsAreRefused() async throws {
    try await withDatabase { fixture in
      let params = VectorParams(size: 2, distance: .dot, multivector: MultiVectorParams())
      let config = CollectionConfig(
        vectors: .named([NamedVectorParams(name: "passages", params: params)]))
      try await fixture.database.createCollection(named: "things", config: config)
      let things = try fixture.database.collection(named: "things")
      let multi = try #require(MultiVector(dimension: 2, values: [1, 0, 0, 1]))
      let sparse = try #require(SparseVector(indices: [7], values: [1]))
      func point(_ number: Int, _ value: VectorValue) -> Point {
        Point(
          id: .number(UInt64(number)), vectors: [NamedVector(name: "passages", value: value)])
      }
      _ = try await things.apply([.upsert([point(1, .multi(multi))])])
      let points = (1...10_000).map { point($0, $0 == 5_000 ? .sparse(sparse) : .multi(multi)) }
      let refusal = CollectionError.wrongInput(
        "Conversion between sparse and regular vectors failed")
      await #expect(throws: refusal) { _ = try await things.apply([.upsert(points)]) }
      let moved = points.map { PointVectors(id: $0.id, vectors: $0.vectors) }
      await #expect(throws: refusal) { _ = try await things.apply([.updateVectors(moved)]) }
      #expect(try await things.retrieve([.number(1), .number(2)]).map(\.id) == [.number(1)])
    }
  }

  private func expect(
    _ refusal: CollectionError, writing vector: NamedVector, to things: PointCollection
  ) async throws {
    let id = PointID.number(1)
    await #expect(throws: refusal) {
      _ = try await things.apply([.upsert([Point(id: id, vectors: [vector])])])
    }
    await #expect(throws: refusal) {
      _ = try await things.apply([.updateVectors([PointVectors(id: id, vectors: [vector])])])
    }
  }
}
