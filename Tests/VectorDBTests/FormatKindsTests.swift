import DatabaseFixture
import Foundation
import LogLines
import PointModel
import Testing
import VectorDB
import VectorIndex

/// A database with every kind of vector, index and file, kept as `Fixtures/write_kinds.py` had it
/// written: all of it is there, and what was built is not built again.
@Suite struct FormatKindsTests {
  private static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/format-1-kinds")
  private static let derivedFiles = [
    "index/1-1.ivf", "index/1-2.ivf", "index/1-3.ivf", "index/2-0.lists",
    "vectors/3-0-0-1024.rows",
  ]

  /// Opens it twice: what the first opening writes must open too.
  private func withFixture(_ body: (Database) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "quiver-format-\(UUID().uuidString)").path
    try FileManager.default.copyItem(atPath: Self.fixture.path, toPath: path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let derived = try Self.derivedFiles.map { try identity(of: path + "/" + $0) }
    let lines = LogLines()
    for _ in 0..<2 {
      let database = try Database.open(at: path, logger: lines.logger)
      try await body(database)
      for collection in database.collections {
        #expect(collection.info().indexes.allSatisfy { $0.problem == nil })
      }
      await database.close()
      let kept = try Self.derivedFiles.map { try identity(of: path + "/" + $0) }
      #expect(kept == derived)
    }
    #expect(lines.all("a saved index can't be used") == [])
    #expect(lines.all("building an index") == [])
  }

  /// Another one if the file was written anew.
  private func identity(of path: String) throws -> UInt64 {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.systemFileNumber] as? NSNumber).uint64Value
  }

  private static func dense(_ number: Int) -> [Float] {
    (0..<8).map { Float((number * (7 + 2 * $0) + 13 * $0) % 128) }
  }

  private func nearest(
    _ collection: PointCollection, _ value: VectorValue, using: String = "",
    _ params: SearchParams = SearchParams()
  ) async throws -> [ScoredPoint] {
    try await collection.query([
      QueryRequest(query: .nearest(.value(value)), using: using, params: params, limit: 5)
    ])[0]
  }

  private func records(_ collection: PointCollection) async throws -> [Record] {
    try await collection.scroll(
      ScrollRequest(limit: 10_000, withPayload: .all, withVector: .all)
    ).records
  }

  @Test func namesLeadToTheirCollections() async throws {
    try await withFixture { database in
      #expect(database.collections.map(\.name) == ["disk", "kinds", "texts"])
      let aliases = [
        Alias(name: "cold", collection: "disk"), Alias(name: "things", collection: "kinds"),
      ]
      #expect(database.aliases == aliases)
      let things = try database.collection(named: "things")
      #expect(things.name == "kinds")
    }
  }

  @Test func vectorsOfEveryKindAreWhatTheyWere() async throws {
    try await withFixture { database in
      let kinds = try database.collection(named: "kinds")
      let records = try await records(kinds)
      #expect(records.map(\.id) == (0..<130).map { .number($0) })
      for (number, record) in records.enumerated() {
        let vectors = Dictionary(
          uniqueKeysWithValues: (record.vectors ?? []).map { ($0.name, $0.value) })
        #expect(Set(vectors.keys) == ["half", "bytes", "codes", "words", "light"])
        let dense = Self.dense(number)
        #expect(vectors["half"] == .dense(dense) && vectors["bytes"] == .dense(dense))
        let words = SparseVector(
          indices: [UInt32(number % 7), UInt32(100 + number)], values: [1, 2])
        #expect(vectors["words"] == words.map { .sparse($0) })
        let light = SparseVector(
          indices: [UInt32(number % 11)], values: [0.5 + Float(number % 3)])
        #expect(vectors["light"] == light.map { .sparse($0) })
        guard case .dense(let codes) = vectors["codes"] else {
          Issue.record("point \(number) has no codes")
          continue
        }
        let length = { (values: [Float]) in zip(values, values).map { $0 * $1 }.reduce(0, +) }
        let likeness = zip(dense, codes).map { $0 * $1 }.reduce(0, +)
        #expect(likeness > 0.99 * (length(dense) * length(codes)).squareRoot())
      }
    }
  }

  @Test func indexesAreThereFromTheFirstMoment() async throws {
    try await withFixture { database in
      let kinds = try database.collection(named: "kinds")
      let query = VectorValue.dense(Self.dense(55))
      for name in ["half", "bytes", "codes"] {
        let hits = try await nearest(kinds, query, using: name, SearchParams(indexedOnly: true))
        #expect(hits.first?.record.id == .number(55))
        let exact = try await nearest(kinds, query, using: name, SearchParams(exact: true))
        #expect(hits == exact, "\(name)")
      }
      let info = kinds.info()
      #expect(info.indexedVectorsCount == 390)
      let indexed = info.indexes.filter { $0.statistics != nil }
      #expect(Set(indexed.map(\.vector)) == ["half", "bytes", "codes"])
      #expect(indexed.allSatisfy { $0.state == .ready && $0.statistics?.trainedRows == 130 })
    }
  }

  @Test func sparseVectorsAreFound() async throws {
    try await withFixture { database in
      let kinds = try database.collection(named: "kinds")
      let rare = try #require(SparseVector(indices: [155], values: [1]))
      let words = try await nearest(kinds, .sparse(rare), using: "words")
      #expect(words.map(\.record.id) == [.number(55)])
      // Two, times how rare the word is: one of 130 texts has it.
      let score = 2 * log(Float(1 + 129.5 / 1.5))
      #expect(abs((words.first?.score ?? 0) - score) < 0.001)
      let common = try #require(SparseVector(indices: [4], values: [2]))
      let light = try await nearest(kinds, .sparse(common), using: "light")
      #expect(light.count == 5)
      for hit in light {
        guard case .number(let number) = hit.record.id else { continue }
        #expect(number % 11 == 4 && hit.score == 2 * (0.5 + Float(number % 3)))
      }
    }
  }

  @Test func listsOfMultivectorsAreLoaded() async throws {
    try await withFixture { database in
      let texts = try database.collection(named: "texts")
      let records = try await records(texts)
      #expect(records.count == 640)
      for (number, record) in records.enumerated() {
        let first = [Float(number % 31), Float(number % 5), 1, 0]
        let second = [0, 1, Float(number % 7), Float(number % 29)]
        let expected = MultiVector(dimension: 4, values: first + second)
        #expect(record.vectors?.first?.value == expected.map { .multi($0) })
      }
      #expect(texts.info().indexedVectorsCount == 640)
      let query = try #require(MultiVector(dimension: 4, values: [30, 1, 0, 0, 0, 0, 1, 28]))
      let listed = try await nearest(texts, .multi(query), SearchParams(indexedOnly: true))
      #expect(listed.prefix(2).map(\.record.id) == [.number(433), .number(463)])
      #expect(listed.prefix(2).map(\.score) == [1665, 1658])
      #expect(try await nearest(texts, .multi(query), SearchParams(exact: true)) == listed)
    }
  }

  @Test func vectorsInFilesAreReadFromThem() async throws {
    try await withFixture { database in
      let disk = try database.collection(named: "cold")
      let records = try await records(disk)
      #expect(records.map(\.id) == stride(from: 0, through: 1000, by: 100).map { .number($0) })
      for record in records {
        guard case .number(let number) = record.id else { continue }
        var expected = [Float](repeating: 0, count: 512)
        expected[Int(number % 512)] = 1
        #expect(record.vectors?.first?.values == expected)
        let hits = try await nearest(disk, .dense(expected.map { 2 * $0 }))
        #expect(hits.first?.record.id == record.id && hits.first?.score == 1)
      }
    }
  }

  private static func path(_ text: String) -> PayloadPath {
    PayloadPath(text) ?? PayloadPath(steps: [])
  }

  private static func match(_ key: String, _ match: MatchCondition) -> Condition {
    .match(key: path(key), match)
  }

  /// One condition for each kind of payload index at least, and how many points pass it.
  private static let conditions: [(Condition, Int)] = [
    (match("keyword", .value(.string("k3"))), 26),
    (match("integer", .value(.integer(4))), 10),
    (.range(key: path("integer"), RangeCondition(greaterThanOrEqual: .integer(11))), 20),
    (.range(key: path("float"), RangeCondition(lessThan: .integer(5))), 20),
    (match("bool", .value(.bool(true))), 65),
    (
      .geoBoundingBox(
        key: path("geo"),
        GeoBoundingBox(
          topLeft: GeoPoint(longitude: -1, latitude: 46),
          bottomRight: GeoPoint(longitude: 1.05, latitude: 44))), 11
    ),
    (
      .datetimeRange(
        key: path("datetime"), DatetimeRange(greaterThanOrEqual: Datetime("2024-01-28"))), 4
    ),
    (match("uuid", .value(.string("00000000-0000-0000-0000-000000000007"))), 13),
    (match("text", .text("QUICK 2")), 32),
    (match("text", .phrase("fox number 3")), 32),
    (match("nested[].n", .value(.integer(2))), 43),
    (match("late", .value(.bool(true))), 1),
    (.hasVector("words"), 130),
  ]

  @Test func payloadIndexesGiveTheSamePoints() async throws {
    try await withFixture { database in
      let kinds = try database.collection(named: "kinds")
      for (condition, count) in Self.conditions {
        #expect(try await kinds.count(Filter(must: [condition])) == count, "\(condition)")
      }
      let fields = kinds.info().payloadFields
      #expect(fields.count == 9 && fields.allSatisfy { $0.isReady && $0.pointsCount == 130 })
      #expect(
        Set(fields.map(\.schema.params.type)) == [
          .keyword, .integer, .float, .bool, .geo, .datetime, .uuid, .text,
        ])
    }
  }
}
