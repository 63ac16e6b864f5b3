import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB
import VectorIndex

/// Pages by offset of one search fit together while nothing is written, whatever the indexer does
/// between two of them.
@Suite struct PageTests {
  private static let dimension = 16
  private static let count = 3000

  private func config() -> CollectionConfig {
    var config = CollectionConfig(
      vectors: .unnamed(VectorParams(size: Self.dimension, distance: .cosine)))
    config.optimizers["indexing_threshold"] = .integer(16)
    config.ivf["lists"] = .integer(40)
    return config
  }

  private func vector(_ random: inout SeededGenerator) -> [Float] {
    (0..<Self.dimension).map { _ in Float.random(in: -1...1, using: &random) }
  }

  /// Waits for an index of so many lists that covers all points.
  private func awaitIndex(_ things: PointCollection, lists: ClosedRange<Int>) async throws {
    let hasCome = try await eventually {
      let info = things.info()
      guard let figures = info.indexes.first?.statistics else { return false }
      return lists.contains(figures.listCount) && figures.trainedRows == Self.count
        && !info.isIndexing
    }
    #expect(hasCome, "no index of \(lists) lists")
  }

  private func queries(_ random: inout SeededGenerator) -> [(String, Query)] {
    func example() -> QueryVector { .dense(vector(&random)) }
    return [
      ("nearest", .nearest(example())),
      ("diverse", .mmr(example(), diversity: 0.3, candidates: 60)),
      ("mean", .recommend(RecommendQuery(positive: [example(), example()], negative: []))),
      (
        "best score",
        .recommend(
          RecommendQuery(
            positive: [example(), example()], negative: [example()], strategy: .bestScore))
      ),
      ("discover", .discover(target: example(), context: [])),
      ("context", .context([ContextPair(positive: example(), negative: example())])),
    ]
  }

  /// The first pages are asked for with one index, the others with another of other lists; little
  /// effort, so that each finds something else.
  @Test func pagesGoOnWithAnotherIndex() async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 77)
      try await fixture.database.createCollection(named: "things", config: config())
      let things = try fixture.database.collection(named: "things")
      _ = try await things.apply([
        .upsert(
          (0..<Self.count).map { point(UInt64($0), vector(&random), "{\"n\":\($0 % 2)}") })
      ])
      try await awaitIndex(things, lists: 21...200)
      // Two tenants ask the same.
      let filters: [(name: String, filter: Filter?)] =
        [("all", nil)]
        + (Int64(0)...1).map { tenant in
          let key = PayloadPath(steps: [.key("n")])
          return ("n = \(tenant)", Filter(must: [.match(key: key, .value(.integer(tenant)))]))
        }
      let cases = queries(&random).flatMap { name, query in
        filters.map { (name: name, query: query, among: $0.name, filter: $0.filter) }
      }
      func page(_ number: Int, _ index: Int) async throws -> [ScoredPoint] {
        try await things.query([
          QueryRequest(
            query: cases[index].query, filter: cases[index].filter,
            params: SearchParams(ivf: .probes(2)), limit: 10, offset: 10 * number)
        ])[0]
      }
      var found: [[ScoredPoint]] = []
      var firstAlone: [[ScoredPoint]] = []
      for index in cases.indices {
        found.append(try await page(0, index) + page(1, index))
      }
      var change = CollectionConfigChange()
      change.ivf["lists"] = .integer(8)
      try await fixture.database.updateCollection(named: "things", change: change)
      try await awaitIndex(things, lists: 1...20)
      for (index, asked) in cases.enumerated() {
        for number in 2..<6 { found[index] += try await page(number, index) }
        firstAlone.append(try await page(0, index))
        let ids = found[index].map(\.record.id)
        let name = "\(asked.name), \(asked.among)"
        #expect(ids.count == 60 && Set(ids).count == 60, "\(name)")
        let scores = found[index].map(\.score)
        if asked.name != "diverse" {
          #expect(scores == scores.sorted(by: >), "\(name)")
        }
      }
      // The other index does find something else.
      let changed = zip(found, firstAlone).count { Array($0.prefix(10)) != $1 }
      #expect(changed > 0)
    }
  }

  /// A first page that is asked for anew is what the next one goes on with, though none but the
  /// older one was kept.
  @Test func pagesGoOnWithTheLatestFirstPage() async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: 79)
      let key = PayloadPath(steps: [.key("tenant")])
      try await fixture.database.createCollection(named: "things", config: config())
      let things = try fixture.database.collection(named: "things")
      _ = try await things.apply([
        .upsert(
          (0..<Self.count).map {
            point(UInt64($0), vector(&random), #"{"tenant":"t\#($0 % 4)"}"#)
          })
      ])
      try await awaitIndex(things, lists: 21...200)
      let queries = (0..<8).map { _ in vector(&random) }
      func page(_ number: Int, _ query: [Float], exact: Bool = false) async throws -> [ScoredPoint]
      {
        try await things.query([
          QueryRequest(
            query: .nearest(.dense(query)),
            filter: Filter(must: [.match(key: key, .value(.string("t3")))]),
            params: SearchParams(exact: exact, ivf: exact ? nil : .probes(1)), limit: 10,
            offset: 10 * number)
        ])[0]
      }
      var older: [[ScoredPoint]] = []
      for query in queries { older.append(try await page(0, query)) }
      _ = try await fixture.database.createPayloadIndex(
        of: "things", at: key, PayloadFieldSchema(.keyword(KeywordIndexParams())))
      #expect(try await eventually { things.info().payloadFields.allSatisfy(\.isReady) })
      var changed = 0
      for (query, older) in zip(queries, older) {
        let found = [try await page(0, query), try await page(1, query)]
        #expect(found[0] == (try await page(0, query, exact: true)))
        #expect(found[1] == (try await page(1, query, exact: true)))
        changed += found[0] == older ? 0 : 1
      }
      #expect(changed > 0, "another page was kept")
    }
  }

  /// Few points pass, and all of them are scored, by whatever index: no ranking has to be kept for
  /// their pages to be those of one.
  @Test func pagesOfFewPointsNeedNoMemory() async throws {
    let options = DatabaseOptions(limits: Limits(rankingBytesMax: 0))
    try await withDatabase(options: options) { fixture in
      var random = SeededGenerator(seed: 78)
      let key = PayloadPath(steps: [.key("tenant")])
      try await fixture.database.createCollection(named: "things", config: config())
      let things = try fixture.database.collection(named: "things")
      _ = try await fixture.database.createPayloadIndex(
        of: "things", at: key, PayloadFieldSchema(.keyword(KeywordIndexParams(isTenant: true))))
      _ = try await things.apply([
        .upsert(
          (0..<Self.count).map {
            point(UInt64($0), vector(&random), #"{"tenant":"t\#($0 % 50)"}"#)
          })
      ])
      try await awaitIndex(things, lists: 21...200)
      let asked = vector(&random)
      func found(
        _ tenant: String, limit: Int, offset: Int = 0, exact: Bool = false
      ) async throws -> [ScoredPoint] {
        try await things.query([
          QueryRequest(
            query: .nearest(.dense(asked)),
            filter: Filter(must: [.match(key: key, .value(.string(tenant)))]),
            params: SearchParams(exact: exact, ivf: exact ? nil : .probes(1)), limit: limit,
            offset: offset)
        ])[0]
      }
      let whole = try await found("t7", limit: 100, exact: true)
      #expect(whole.count == Self.count / 50)
      var pages: [ScoredPoint] = []
      for number in 0..<3 { pages += try await found("t7", limit: 10, offset: 10 * number) }
      var change = CollectionConfigChange()
      change.ivf["lists"] = .integer(8)
      try await fixture.database.updateCollection(named: "things", change: change)
      try await awaitIndex(things, lists: 1...20)
      for number in 3..<7 { pages += try await found("t7", limit: 10, offset: 10 * number) }
      #expect(pages == whole)
      #expect(try await found("nobody", limit: 10).isEmpty)
      // The rows of the key are in several places now, and some are others' now.
      _ = try await things.apply([
        .upsert((0..<30).map { point(UInt64(10_000 + $0), vector(&random), #"{"tenant":"t7"}"#) }),
        .upsert((0..<20).map { point(UInt64(7 + 50 * $0), vector(&random), #"{"tenant":"t8"}"#) }),
      ])
      let changed = try await found("t7", limit: 100, exact: true)
      #expect(changed.count == whole.count + 30 - 20)
      #expect(try await found("t7", limit: 100) == changed)
      #expect(try await found("t8", limit: 100).count == whole.count + 20)
    }
  }
}
