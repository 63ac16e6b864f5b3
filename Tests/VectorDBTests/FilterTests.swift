import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

@Suite struct FilterTests {
  private static let documents = [
    #"{"n":1,"tags":["a","b"],"nested":{"x":1},"rows":[{"v":1},{"v":2}]}"#,
    #"{"n":2.5,"tags":[],"nested":{"x":null},"ok":true}"#,
    #"{"n":null,"tags":null,"s":"1"}"#,
    #"{"n":[1,null],"tags":["c",7]}"#,
    "{}",
  ]

  private static func key(_ text: String) -> PayloadPath {
    PayloadPath(text) ?? PayloadPath(steps: [])
  }

  static let cases: [(Filter, [UInt64])] = [
    (Filter(), [0, 1, 2, 3, 4]),
    (Filter(must: [.match(key: key("n"), .value(.integer(1)))]), [0, 3]),
    (Filter(must: [.match(key: key("s"), .value(.integer(1)))]), []),
    (Filter(must: [.match(key: key("s"), .value(.string("1")))]), [2]),
    (Filter(must: [.match(key: key("ok"), .value(.bool(true)))]), [1]),
    (Filter(must: [.match(key: key("tags"), .any([.string("a"), .integer(7)]))]), [0, 3]),
    (Filter(must: [.match(key: key("tags"), .any([]))]), []),
    (Filter(must: [.match(key: key("tags"), .except([.string("a")]))]), [0, 3]),
    (Filter(must: [.match(key: key("n"), .except([]))]), [0, 1, 3]),
    (Filter(must: [.range(key: key("n"), RangeCondition(greaterThan: 1))]), [1]),
    (
      Filter(must: [
        .range(key: key("n"), RangeCondition(lessThanOrEqual: 2.5, greaterThanOrEqual: 1))
      ]), [0, 1, 3]
    ),
    (Filter(must: [.range(key: key("rows[].v"), RangeCondition(greaterThan: 1))]), [0]),
    (Filter(must: [.range(key: key("rows[0].v"), RangeCondition(greaterThan: 1))]), []),
    (Filter(must: [.isEmpty(key: key("tags"))]), [1, 2, 4]),
    (Filter(must: [.not(.isEmpty(key: key("tags")))]), [0, 3]),
    (Filter(must: [.isNull(key: key("n"))]), [2, 3]),
    (Filter(must: [.isNull(key: key("nested.x"))]), [1]),
    (Filter(must: [.hasID([.number(1), .number(9)])]), [1]),
    (Filter(must: [.hasVector("")]), [0, 1, 2, 3, 4]),
    (Filter(mustNot: [.hasID([.number(1)]), .isNull(key: key("n"))]), [0, 4]),
    (
      Filter(should: [
        .match(key: key("s"), .value(.string("1"))), .match(key: key("ok"), .value(.bool(true))),
      ]), [1, 2]
    ),
    (
      Filter(
        minShould: Filter.MinShould(
          conditions: [
            .isEmpty(key: key("tags")), .isNull(key: key("n")), .hasID([.number(4)]),
          ], minimum: 2)), [2, 4]
    ),
    (
      Filter(must: [.filter(Filter(should: [.hasID([.number(0)]), .hasID([.number(4)])]))]),
      [0, 4]
    ),
  ]

  @Test(arguments: FilterTests.cases.indices)
  func selectsAsQdrantDoes(_ index: Int) async throws {
    let (filter, expected) = Self.cases[index]
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let points = Self.documents.enumerated().map { point(UInt64($0), [Float($0)], $1) }
      _ = try await things.apply([.upsert(points)])
      let page = try await things.scroll(ScrollRequest(filter: filter))
      #expect(page.records.map(\.id) == expected.map(PointID.number))
      #expect(try await things.count(filter) == expected.count)
      let hits = try await things.query([
        QueryRequest(query: .nearest(.dense([1])), filter: filter)
      ])[0]
      #expect(hits.map(\.record.id) == expected.reversed().map(PointID.number))
      _ = try await things.apply([.delete(.filter(filter))])
      #expect(try await things.count(nil) == Self.documents.count - expected.count)
    }
  }

  /// Few points pass, far down the ranking: the lazy test gives way to a full evaluation.
  @Test func rareMatchesAreFoundHoweverFar() async throws {
    var limits = Limits()
    limits.lazyFilterCandidatesMax = 64
    try await withDatabase(options: DatabaseOptions(limits: limits)) { temporary in
      let things = try await temporary.create(size: 1)
      let points = (0..<2000).map { index in
        point(UInt64(index), [Float(index)], index % 400 == 3 ? #"{"rare":true}"# : "{}")
      }
      _ = try await things.apply([.upsert(points)])
      let filter = Filter(must: [.match(key: Self.key("rare"), .value(.bool(true)))])
      let hits = try await things.query([
        QueryRequest(query: .nearest(.dense([1])), filter: filter, limit: 3, offset: 1)
      ])[0]
      #expect(hits.map(\.record.id) == [.number(1203), .number(803), .number(403)])
    }
  }
}
