import DatabaseFixture
import PointModel
import Testing
import VectorDB

/// Conditions on texts, moments, places, counts and objects inside of payloads.
@Suite struct FilterConditionTests {
  private static let documents: [UInt64: String] = [
    0: #"{"t":"The quick brown Fox","at":"2024-01-01","g":{"lon":10,"lat":20},"n":[1,2,3]}"#,
    1: #"{"t":["slow","quick brown"],"at":["2023-01-01T00:00:00Z","2025-01-01"],"n":5}"#,
    2:
      #"{"t":["brown","quick"],"at":"never","g":[{"lon":0,"lat":0},{"lon":179.5,"lat":1}],"n":[]}"#,
    3: #"{"t":7,"at":20240101,"g":{"lon":"10","lat":"20"},"n":null}"#,
    4: #"{"rows":[{"x":1,"y":1,"in":[{"z":1}]},{"x":2,"y":2}]}"#,
    5: #"{"rows":[{"x":1,"y":2,"in":[{"z":2},{"z":1}]},7,null]}"#,
    6: #"{"rows":{"x":1,"y":2},"n":[null,[1,2]]}"#,
    7: #"{"rows":[{"x":[1,2],"y":2}],"m":[{"v":[]},{"v":[1]}]}"#,
  ]

  private static func key(_ text: String) -> PayloadPath {
    PayloadPath(text) ?? PayloadPath(steps: [])
  }

  private static func text(_ match: MatchCondition) -> Condition { .match(key: key("t"), match) }

  private static func count(_ field: String, _ exactly: UInt64) -> Condition {
    .valuesCount(
      key: key(field), ValuesCount(lessThanOrEqual: exactly, greaterThanOrEqual: exactly))
  }

  private static func at(_ range: DatetimeRange) -> Condition {
    .datetimeRange(key: key("at"), range)
  }

  private static func near(_ latitude: Double, _ longitude: Double, _ meters: Double) -> Condition {
    .geoRadius(
      key: key("g"),
      GeoRadius(center: GeoPoint(longitude: longitude, latitude: latitude), radius: meters))
  }

  private static func both(_ x: Int64, _ y: Int64) -> Filter {
    Filter(must: [
      .match(key: key("x"), .value(.integer(x))), .match(key: key("y"), .value(.integer(y))),
    ])
  }

  static let cases: [(Condition, [UInt64])] = [
    (text(.text("quick BROWN")), [0, 1]),
    (text(.text("brown")), [0, 1, 2]),
    (text(.text("quic")), []),
    (text(.text("")), []),
    (text(.textAny("fox slow")), [0, 1]),
    (text(.phrase("brown fox")), [0]),
    (text(.phrase("fox brown")), []),
    (text(.prefix("quick")), [1, 2]),
    (text(.prefix("")), [0, 1, 2]),
    (text(.prefix("Quick")), []),
    (at(DatetimeRange(greaterThanOrEqual: Datetime("2024-01-01T02:00:00+02:00"))), [0, 1]),
    (at(DatetimeRange(lessThan: Datetime("2024-01-01"))), [1]),
    (at(DatetimeRange()), [0, 1]),
    (near(20, 10, 1), [0]),
    (near(0, 180, 150_000), [2]),
    (
      .geoBoundingBox(
        key: key("g"),
        GeoBoundingBox(
          topLeft: GeoPoint(longitude: 170, latitude: 5),
          bottomRight: GeoPoint(longitude: -170, latitude: -5))), [2]
    ),
    (count("n", 0), [2, 3, 4, 5, 7]),
    (count("n", 1), [1]),
    (count("n", 2), [6]),
    (count("n", 3), [0]),
    (count("n[]", 1), [0]),
    (count("n[]", 2), [6]),
    (.nested(key: key("rows"), both(1, 2)), [5, 7]),
    (.nested(key: key("rows[]"), both(1, 1)), [4]),
    (.nested(key: key("rows"), Filter()), [4, 5, 7]),
    (.nested(key: key("rows"), Filter(mustNot: [.match(key: key("x"), .value(.integer(1)))])), [4]),
    (.nested(key: key("rows"), Filter(must: [.isEmpty(key: key("in"))])), [4, 7]),
    (.nested(key: key("rows"), Filter(must: [.hasID([.number(4)])])), []),
    (.nested(key: key("rows"), Filter(mustNot: [.hasVector("")])), [4, 5, 7]),
    (.nested(key: key("rows"), Filter(must: [.slice(PointSlice(total: 1, index: 0))])), []),
    (
      .nested(
        key: key("rows"),
        Filter(must: [
          .match(key: key("x"), .value(.integer(1))),
          .nested(
            key: key("in"), Filter(must: [.match(key: key("z"), .value(.integer(2)))])),
        ])), [5]
    ),
    (.isEmpty(key: key("m[].v")), [0, 1, 2, 3, 4, 5, 6]),
    (.not(.isEmpty(key: key("m[].v"))), [7]),
    (.not(.isNull(key: key("n[]"))), [0, 1, 2, 3, 4, 5, 7]),
    (.isNull(key: key("n[]")), [6]),
    (.slice(PointSlice(total: 7, index: 3)), [0, 2, 3]),
    (.slice(PointSlice(total: 1, index: 0)), [0, 1, 2, 3, 4, 5, 6, 7]),
  ]

  @Test(arguments: FilterConditionTests.cases.indices)
  func selectsAsQdrantDoes(_ index: Int) async throws {
    let (condition, expected) = Self.cases[index]
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await things.apply([.upsert(Self.documents.map { point($0, [1], $1) })])
      let page = try await things.scroll(ScrollRequest(filter: Filter(must: [condition])))
      #expect(page.records.map(\.id) == expected.map(PointID.number))
      let rest = Filter(mustNot: [condition])
      #expect(try await things.count(rest) == Self.documents.count - expected.count)
    }
  }
}
