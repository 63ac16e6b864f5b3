import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Queries over what other queries found.
@Suite struct QueryTreeTests {
  /// Points 1…6 on a line: the greater the id, the greater the product with `[1, 0]`, and the less
  /// that with `[0, 1]`.
  private func withLine(
    _ body: (PointCollection, Database) async throws -> Void
  ) async throws {
    try await withDatabase { fixture in
      let collection = try await fixture.create(size: 2, distance: .dot)
      let points = (1...6).map { id in
        point(
          UInt64(id), [Float(id), Float(10 - id)],
          #"{"rank":\#(id),"half":"\#(id <= 3 ? "low" : "high")","odd":\#(id % 2)}"#)
      }
      _ = try await collection.apply([.upsert(points)])
      try await body(collection, fixture.database)
    }
  }

  private func found(
    _ request: QueryRequest, in collection: PointCollection
  ) async throws -> [ScoredPoint] {
    try await collection.query([request])[0]
  }

  private func ids(
    _ request: QueryRequest, in collection: PointCollection
  ) async throws -> [UInt64] {
    try await found(request, in: collection).map(number)
  }

  private func number(_ point: ScoredPoint) -> UInt64 {
    if case .number(let number) = point.record.id { number } else { 0 }
  }

  private let upwards = Query.nearest(.dense([1, 0]))
  private let downwards = Query.nearest(.dense([0, 1]))

  @Test func ranksAreFusedAndEqualScoresKeepTheirOrder() async throws {
    try await withLine { collection, _ in
      // 6 5 4 and 1 2 3: no point twice, and pairs of equal scores.
      let request = QueryRequest(
        prefetch: [QueryNode(query: upwards, limit: 3), QueryNode(query: downwards, limit: 3)],
        query: .fusion(.reciprocalRank()))
      let fused = try await found(request, in: collection)
      #expect(fused.map(number) == [6, 1, 5, 2, 4, 3])
      let scores: [Float] = [0.5, 0.5, 1.0 / 3, 1.0 / 3, 0.25, 0.25]
      #expect(fused.map(\.score) == scores)
      #expect(fused.allSatisfy { $0.version == 0 })
      var page = request
      page.offset = 2
      page.limit = 2
      let answer1 = try await ids(page, in: collection)
      #expect(answer1 == [5, 2])
      page.scoreThreshold = 1.0 / 3
      page.limit = 10
      let answer2 = try await ids(page, in: collection)
      #expect(answer2 == [5, 2])
    }
  }

  @Test func aWeightPacksThePlacesOfItsSource() async throws {
    try await withLine { collection, _ in
      let request = QueryRequest(
        prefetch: [QueryNode(query: upwards, limit: 2), QueryNode(query: downwards, limit: 2)],
        query: .fusion(.reciprocalRank(k: 60, weights: [3, 0])))
      let fused = try await found(request, in: collection)
      #expect(fused.map(number) == [6, 5, 1, 2])
      let third: Float = 1.0 / 3
      let expected: [Float] = [1 / (third + 60 - 1), 1 / (2.0 / 3 + 60 - 1), 0, 0]
      #expect(fused.map(\.score) == expected)
      var wrong = request
      wrong.query = .fusion(.reciprocalRank(weights: [1]))
      await #expect(
        throws: CollectionError.wrongInput(
          """
          Validation failed: Number of weights in RRF should match number of pre-fetches: got 1, \
          expected 2
          """)
      ) { try await collection.query([wrong]) }
    }
  }

  @Test func distributionsAreScaledToTheirDeviation() async throws {
    try await withLine { collection, _ in
      // 6 5 4 have the mean 5 and the deviation 1: 8 stands for 1 and 2 for 0. One point alone
      // scores a half.
      let request = QueryRequest(
        prefetch: [
          QueryNode(query: upwards, limit: 3), QueryNode(query: downwards, limit: 1),
          QueryNode(query: upwards, filter: Filter(must: [.hasID([])])),
        ],
        query: .fusion(.scoreDistribution))
      let fused = try await found(request, in: collection)
      #expect(fused.map(number) == [6, 5, 1, 4])
      let expected: [Float] = [4.0 / 6, 0.5, 0.5, 2.0 / 6]
      for (point, score) in zip(fused, expected) { #expect(abs(point.score - score) < 1e-6) }
    }
  }

  @Test func filtersReachTheLeavesAndOneOfShouldOfAnyLevelIsEnough() async throws {
    try await withLine { collection, _ in
      let low = Condition.match(key: try #require(PayloadPath("half")), .value(.string("low")))
      let odd = Condition.match(key: try #require(PayloadPath("odd")), .value(.integer(1)))
      var request = QueryRequest(
        prefetch: [QueryNode(query: upwards, filter: Filter(must: [odd]))],
        query: .fusion(.reciprocalRank()), filter: Filter(must: [low]))
      let answer3 = try await ids(request, in: collection)
      #expect(answer3 == [3, 1])
      request.root.prefetch[0].filter = Filter(should: [odd])
      request.filter = Filter(should: [low])
      let answer4 = try await ids(request, in: collection)
      #expect(answer4 == [5, 3, 2, 1])
    }
  }

  @Test func pointsThatATreeNamesAreNoAnswersToIt() async throws {
    try await withLine { collection, _ in
      let request = QueryRequest(
        prefetch: [
          QueryNode(query: .nearest(.point(.number(6)))), QueryNode(query: upwards),
        ],
        query: .fusion(.reciprocalRank()))
      let answer5 = try await ids(request, in: collection)
      #expect(answer5 == [5, 4, 3, 2, 1])
    }
  }

  @Test func whatPrefetchesFoundIsScoredAnew() async throws {
    try await withLine { collection, _ in
      let top = [QueryNode(query: upwards, limit: 3), QueryNode(query: upwards, limit: 2)]
      let down = QueryRequest(prefetch: top, query: downwards, limit: 2)
      let rescored = try await found(down, in: collection)
      #expect(rescored.map(number) == [4, 5])
      #expect(rescored.map(\.score) == [6, 5])
      let nested = QueryRequest(
        prefetch: [
          QueryNode(
            prefetch: [QueryNode(query: upwards, limit: 4)], query: downwards, limit: 2)
        ], query: upwards)
      let answer6 = try await ids(nested, in: collection)
      #expect(answer6 == [4, 3])
      let context = ContextPair(positive: .dense([1, 0]), negative: .dense([0, 1]))
      let discover = QueryRequest(
        prefetch: top, query: .discover(target: .dense([0, 1]), context: [context]))
      let answer7 = try await ids(discover, in: collection)
      #expect(answer7 == [6, 5, 4])
      let sample = try await found(QueryRequest(prefetch: top, query: .sample), in: collection)
      #expect(Set(sample.map(number)) == [4, 5, 6])
      let mmr = QueryRequest(
        prefetch: top, query: .mmr(.dense([1, 0]), diversity: 0, candidates: 2))
      let answer8 = try await ids(mmr, in: collection)
      #expect(answer8 == [6, 5])
      let leaf = QueryRequest(
        prefetch: [QueryNode(query: .mmr(.dense([1, 0]), diversity: 1, candidates: 4), limit: 1)],
        query: downwards)
      let answer9 = try await ids(leaf, in: collection)
      #expect(answer9 == [3, 4, 5, 6])
    }
  }

  @Test func anOrderOfPayloadsRanksWhatWasFound() async throws {
    try await withLine { collection, database in
      let rank = try #require(PayloadPath("rank"))
      let request = QueryRequest(
        prefetch: [QueryNode(query: downwards, limit: 4)],
        query: .orderBy(OrderBy(key: rank, direction: .descending)), limit: 2, offset: 1)
      await #expect(throws: CollectionError.self) { try await collection.query([request]) }
      _ = try await database.createPayloadIndex(
        of: collection.name, at: rank, PayloadFieldSchema(type: .integer))
      let ordered = try await found(request, in: collection)
      #expect(ordered.map(number) == [3, 2])
      #expect(ordered.map(\.record.orderValue) == [3, 2])
    }
  }

  @Test func treesHaveBounds() async throws {
    try await withDatabase(
      options: DatabaseOptions(limits: Limits(queryDepthMax: 2, queryNodesMax: 5))
    ) { fixture in
      let collection = try await fixture.create(size: 2)
      func tree(_ depth: Int) -> QueryNode {
        QueryNode(prefetch: depth == 0 ? [] : [tree(depth - 1)], query: upwards)
      }
      func request(_ prefetch: [QueryNode]) -> QueryRequest {
        QueryRequest(prefetch: prefetch, query: upwards)
      }
      _ = try await collection.query([request([tree(1)])])
      await #expect(
        throws: CollectionError.wrongInput(
          "Validation failed: prefetches depth 3 exceeds max depth 2")
      ) { try await collection.query([request([tree(2)])]) }
      let wide = [QueryNode](repeating: tree(0), count: 5)
      _ = try await collection.query([request(wide.dropLast())])
      await #expect(throws: CollectionError.self) { try await collection.query([request(wide)]) }
    }
  }

  @Test func groupsScaleWhatPrefetchesHandOn() async throws {
    try await withLine { collection, _ in
      // Two points for each group have to be found, though the prefetch names a limit of 1.
      func groups(_ query: Query) async throws -> [PointGroup] {
        try await collection.groups(
          GroupsRequest(
            query: QueryRequest(prefetch: [QueryNode(query: upwards, limit: 1)], query: query),
            groupBy: try #require(PayloadPath("half")), groupSize: 2, limit: 2))
      }
      let scaled = try await groups(upwards)
      #expect(scaled.map(\.id) == [.string("high"), .string("low")])
      let found: [[UInt64]] = scaled.map { $0.hits.map(number) }
      #expect(found == [[6, 5], [3, 2]])
      // So they have to be of a fusion.
      let fused = try await groups(.fusion(.reciprocalRank()))
      #expect(fused.map(\.id) == [.string("high"), .string("low")])
      #expect(fused.map { $0.hits.map(number) } == [[6, 5], [3, 2]])
    }
  }
}
