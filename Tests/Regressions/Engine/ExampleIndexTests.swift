import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Queries by examples find their points through the index, with the scores that all rows get.
@Suite struct ExampleIndexTests {
  private static let dimension = 64
  private static let count = 6_000

  /// A collection of clusters, indexed.
  private func fill(
    _ fixture: TemporaryDatabase, _ distance: Distance, _ random: inout SeededGenerator
  ) async throws -> (things: PointCollection, centers: [[Float]]) {
    var config = CollectionConfig(
      vectors: .unnamed(VectorParams(size: Self.dimension, distance: distance)))
    config.optimizers["indexing_threshold"] = .integer(64)
    try await fixture.database.createCollection(named: "things", config: config)
    let things = try fixture.database.collection(named: "things")
    let centers = (0..<60).map { _ in
      (0..<Self.dimension).map { _ in Float.random(in: -1...1, using: &random) }
    }
    for start in stride(from: 0, to: Self.count, by: 500) {
      let points = (start..<start + 500).map { id in
        point(UInt64(id), near(centers[id % centers.count], &random), #"{"n":\#(id / 60 % 3)}"#)
      }
      _ = try await things.apply([.upsert(points)])
    }
    let isIndexed = try await eventually {
      let info = things.info()
      return !info.isIndexing && info.indexedVectorsCount == Self.count
    }
    #expect(isIndexed)
    return (things, centers)
  }

  private func near(_ center: [Float], _ random: inout SeededGenerator) -> [Float] {
    center.map { $0 + Float.random(in: -0.6...0.6, using: &random) }
  }

  private func queries(
    _ centers: [[Float]], _ random: inout SeededGenerator
  ) -> [(name: String, query: Query)] {
    func example() -> QueryVector {
      .dense(near(centers[Int.random(in: 0..<centers.count, using: &random)], &random))
    }
    let pair = ContextPair(positive: example(), negative: example())
    let other = ContextPair(positive: example(), negative: example())
    func recommend(_ strategy: RecommendQuery.Strategy, _ negatives: [QueryVector]) -> Query {
      .recommend(
        RecommendQuery(
          positive: [example(), example()], negative: negatives, strategy: strategy))
    }
    return [
      ("best score", recommend(.bestScore, [example()])),
      ("sum of scores", recommend(.sumScores, [example()])),
      ("discover", .discover(target: example(), context: [pair, other])),
      ("context", .context([pair, other])),
      (
        "feedback",
        .feedback(
          FeedbackQuery(
            target: example(),
            examples: [
              .init(example(), score: 0.9), .init(example(), score: 0.2),
              .init(example(), score: 0.4),
            ], coefficients: .init(a: 0.8, b: 1.2, c: 0.4)))
      ),
    ]
  }

  private func ask(
    _ things: PointCollection, _ query: Query, _ params: SearchParams = SearchParams(),
    filter: Filter? = nil, offset: Int = 0, limit: Int = 10
  ) async throws -> [ScoredPoint] {
    try await things.query([
      QueryRequest(query: query, filter: filter, params: params, limit: limit, offset: offset)
    ])[0]
  }

  @Test(arguments: [Distance.cosine, .dot, .euclid])
  func theIndexFindsWhatAllRowsGive(distance: Distance) async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 31)
      let (things, centers) = try await fill(fixture, distance, &random)
      let key = try #require(PayloadPath("n"))
      let filter = Filter(must: [.match(key: key, .value(.integer(1)))])
      var found: [String: Int] = [:]
      var differing: Set<String> = []
      let rounds = 15
      for _ in 0..<rounds {
        for (name, query) in queries(centers, &random) {
          for filter in [nil, filter] {
            let exact = try await ask(things, query, SearchParams(exact: true), filter: filter)
            let hits = try await ask(things, query, filter: filter)
            // Where many score the same, any of them will do.
            let last = try #require(exact.last?.score)
            found[name, default: 0] += hits.count { $0.score >= last }
            #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.score >= $1.score })
          }
          // The least effort misses something now and then: so it is the index that is asked.
          let poor = try await ask(things, query, SearchParams(ivf: .probes(1)))
          if poor != (try await ask(things, query, SearchParams(exact: true))) {
            differing.insert(name)
          }
        }
      }
      for (name, found) in found {
        #expect(found >= 19 * rounds, "\(name): \(found) of \(20 * rounds)")
      }
      #expect(differing.count == 5, "\(differing)")
    }
  }

  @Test func pagesAreSlicesOfOneRanking() async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 32)
      let (things, centers) = try await fill(fixture, .cosine, &random)
      for (name, query) in queries(centers, &random) {
        var pages: [PointID] = []
        for offset in stride(from: 0, to: 700, by: 35) {
          pages += try await ask(things, query, offset: offset, limit: 35).map(\.record.id)
        }
        #expect(Set(pages).count == 700, "\(name)")
        // The same in one page, whatever the indexer has done meanwhile.
        let rest = try await ask(things, query, offset: 35, limit: 665).map(\.record.id)
        #expect(Array(pages.dropFirst(35)) == rest, "\(name)")
      }
    }
  }
}
