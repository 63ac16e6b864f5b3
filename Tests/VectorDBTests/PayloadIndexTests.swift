import DatabaseFixture
import FastJSON
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Filters with indexes against the same filters evaluated on records, while points come, change
/// and go, and indexes too.
@Suite struct PayloadIndexTests {
  @Test(arguments: [UInt64(1), 2, 3, 4])
  func filtersPassTheSamePointsAsWithoutAnIndex(_ seed: UInt64) async throws {
    try await withDatabase { temporary in
      var run = PayloadRun(seed: seed)
      var things = try await temporary.create(size: 2, distance: .euclid)
      for step in 0..<240 {
        try await run.change(things)
        if step % 20 == 3 { try await run.changeIndexes(temporary.database) }
        if step % 20 == 10 { try await run.awaitIndexes(things) }
        if step % 80 == 79 {
          try await temporary.restart()
          things = try temporary.database.collection(named: "things")
        }
        if step % 10 == 9 { try await run.check(things, "seed \(seed), step \(step)") }
      }
    }
  }

  @Test func aFullCollectionIsIndexedWhileItChanges() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let points = (0..<20_000).map { index in
        point(UInt64(index), [Float(index)], #"{"k":"v\#(index % 10)","n":\#(index)}"#)
      }
      for start in stride(from: 0, to: points.count, by: 4000) {
        _ = try await things.apply([.upsert(Array(points[start..<start + 4000]))])
      }
      let database = temporary.database
      _ = try await database.createPayloadIndex(
        of: "things", at: path("k"), PayloadFieldSchema(type: .keyword))
      // Some of these come before the index is built and some after.
      for id in 0..<200 {
        _ = try await things.apply([
          .setPayload(payload(#"{"k":"moved"}"#), .ids([.number(UInt64(id) * 10)]), key: nil)
        ])
      }
      try await things.awaitPayloadIndex(at: path("k"))
      let filter = Filter(must: [.match(key: path("k"), .value(.string("v0")))])
      #expect(try await things.count(filter) == 1800)
      let moved = Filter(must: [.match(key: path("k"), .value(.string("moved")))])
      #expect(try await things.count(moved) == 200)
      #expect(things.info().payloadFields.map(\.pointsCount) == [20_000])
      _ = try await things.apply([.delete(.filter(moved))])
      #expect(things.info().payloadFields.map(\.pointsCount) == [19_800])
      #expect(try await things.count(Filter(mustNot: [.isEmpty(key: path("k"))])) == 19_800)
    }
  }

  /// A reader sees one commit: values that change places together are never seen halfway.
  @Test func readersSeeWholeCommits() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let count = 64
      _ = try await things.apply([
        .upsert(
          (0..<count).map { index in
            point(UInt64(index), [0], index < count / 2 ? #"{"k":"a"}"# : #"{"k":"b"}"#)
          })
      ])
      _ = try await temporary.database.createPayloadIndex(
        of: "things", at: path("k"), PayloadFieldSchema(type: .keyword))
      try await things.awaitPayloadIndex(at: path("k"))
      let isA = Filter(must: [.match(key: path("k"), .value(.string("a")))])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for round in 0..<400 {
            let first = UInt64(round % (count / 2))
            let pair: [PointID] = [.number(first), .number(first + UInt64(count) / 2)]
            let values = round / (count / 2) % 2 == 0 ? ["b", "a"] : ["a", "b"]
            if round % 3 == 0 {
              // Through new rows.
              _ = try await things.apply([
                .upsert(
                  zip([first, first + UInt64(count) / 2], values).map { id, value in
                    point(id, [0], #"{"k":"\#(value)"}"#)
                  })
              ])
            } else {
              // In their place.
              _ = try await things.apply([
                .setPayload(payload(#"{"k":"\#(values[0])"}"#), .ids([pair[0]]), key: nil),
                .setPayload(payload(#"{"k":"\#(values[1])"}"#), .ids([pair[1]]), key: nil),
              ])
            }
          }
        }
        for _ in 0..<3 {
          group.addTask {
            for _ in 0..<400 {
              #expect(try await things.count(isA) == count / 2)
              let page = try await things.scroll(ScrollRequest(limit: 100, filter: isA))
              #expect(page.records.count == count / 2)
              #expect(page.records.allSatisfy { text($0.payload) == #"{"k":"a"}"# })
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func theSchemaSurvivesARestartAndIsDroppedForGood() async throws {
    try await withDatabase { temporary in
      var things = try await temporary.create(size: 1)
      _ = try await things.apply([.upsert([point(1, [1], #"{"a":{"b":3},"t":"Two Words"}"#)])])
      let text = TextIndexParams(
        tokenizer: .whitespace, minTokenLength: 2, lowercase: false,
        stopwords: .set(languages: [.english], custom: ["x"]), stemmer: .snowball(.english))
      let fields: [(String, PayloadFieldSchema)] = [
        ("a.b", PayloadFieldSchema(.integer(IntegerIndexParams(lookup: true, range: false)))),
        ("t", PayloadFieldSchema(.text(text))), ("gone", PayloadFieldSchema(type: .geo)),
        ("u", PayloadFieldSchema(.uuid(UUIDIndexParams(isTenant: true)))),
      ]
      for (name, schema) in fields {
        _ = try await temporary.database.createPayloadIndex(of: "things", at: path(name), schema)
      }
      _ = try await temporary.database.deletePayloadIndex(of: "things", at: path("gone"))
      try await temporary.restart()
      things = try temporary.database.collection(named: "things")
      for name in ["a.b", "t", "u"] { try await things.awaitPayloadIndex(at: path(name)) }
      let infos = things.info().payloadFields
      #expect(infos.map(\.path.description) == ["a.b", "t", "u"])
      #expect(infos.map(\.schema) == [fields[0].1, fields[1].1, fields[3].1])
      #expect(infos.map(\.pointsCount) == [1, 1, 0])
      #expect(infos.filter { !$0.isReady }.isEmpty)
    }
  }

  /// Half of the rows of an index die; memory follows, and so do the counts.
  @Test func deadRowsAreLeftOutInTime() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await temporary.database.createPayloadIndex(
        of: "things", at: path("n"), PayloadFieldSchema(type: .integer))
      for round in 0..<40 {
        _ = try await things.apply([
          .upsert((0..<1000).map { point($0, [1], #"{"n":\#($0 + UInt64(round))}"#) })
        ])
      }
      #expect(things.info().payloadFields[0].pointsCount == 1000)
      // 40,000 rows were entered; without leaving out dead ones that would be 12 bytes each.
      #expect(try await eventually { things.memory().payloadIndexes <= 250_000 })
      let filter = Filter(must: [
        .range(key: path("n"), RangeCondition(lessThan: 139, greaterThanOrEqual: 39))
      ])
      #expect(try await things.count(filter) == 100)
    }
  }
}

func path(_ text: String) -> PayloadPath { PayloadPath(text) ?? PayloadPath(steps: []) }

/// Random points, changes, indexes and filters.
private struct PayloadRun {
  private var generator: SeededGenerator
  private static let fields: [(name: String, types: [PayloadIndexType])] = [
    ("word", [.keyword]), ("number", [.integer, .float]), ("flag", [.bool]),
    ("when", [.datetime]), ("id", [.uuid, .keyword]), ("place", [.geo]), ("text", [.text]),
    ("in.side", [.keyword, .integer]), ("rows[].v", [.integer, .float, .keyword]),
  ]

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  // MARK: Points

  mutating func change(_ things: PointCollection) async throws {
    var operations: [Operation] = []
    for _ in 0..<1 + below(3) {
      let ids = (0..<1 + below(6)).map { _ in PointID.number(UInt64(below(120))) }
      switch below(8) {
      case 0: operations.append(.delete(.ids(ids)))
      case 1:
        let existing = try await things.retrieve(ids, withPayload: .none).map(\.id)
        operations.append(.setPayload(document(), .ids(existing), key: nil))
      case 2:
        let filter = filter(depth: 1)
        operations.append(.clearPayload(.filter(filter)))
      default:
        operations.append(
          .upsert(
            ids.map { id in
              Point(
                id: id,
                vectors: [
                  NamedVector(name: "", values: [Float(below(1000)), Float(below(1000))])
                ], payload: document())
            }))
      }
    }
    for operation in operations {
      do {
        _ = try await things.apply([operation])
      } catch {
        // A point that an earlier operation has deleted can't be changed.
        guard case .pointNotFound = error else { throw error }
      }
    }
  }

  private mutating func document() -> Payload {
    var members: [String] = []
    for field in ["word", "number", "flag", "when", "id", "place", "text"] where below(4) > 0 {
      members.append("\"\(field)\":\(value(of: field))")
    }
    if below(2) == 0 { members.append("\"in\":{\"side\":\(value(of: "word"))}") }
    if below(2) == 0 {
      let rows = (0..<below(4)).map { _ in "{\"v\":\(value(of: "number"))}" }
      members.append("\"rows\":[\(rows.joined(separator: ","))]")
    }
    return payload("{\(members.joined(separator: ","))}")
  }

  /// Mostly a value of the field's kind, or several; at times one of another kind.
  private mutating func value(of field: String) -> String {
    switch below(12) {
    case 0: return ["null", "[]", "[null]", "{}"][below(4)]
    case 1: return "[\(scalar(of: field)),\(scalar(of: field))]"
    case 2: return scalar(of: ["word", "number", "flag", "when", "place"][below(5)])
    default: return scalar(of: field)
    }
  }

  private mutating func scalar(of field: String) -> String {
    switch field {
    case "word": "\"\(Self.words[below(Self.words.count)])\""
    case "number": ["\(below(12) - 3)", "\(below(8)).5", "9007199254740993", "2.0"][below(4)]
    case "flag": ["true", "false"][below(2)]
    case "when": "\"\(Self.moments[below(Self.moments.count)])\""
    case "id": "\"\(Self.uuids[below(Self.uuids.count)])\""
    case "place": "{\"lon\":\(place().longitude),\"lat\":\(place().latitude)}"
    default: "\"\(sentence())\""
    }
  }

  private static let words = ["red", "green", "blue", "re", "Grün", "Gru\u{308}n", ""]
  private static let moments = [
    "2024-01-01T00:00:00Z", "2024-02-29", "2024-02-29T12:00:00+02:00", "1999-12-31 23:59:59",
    "2016-12-31T23:59:60Z", "no moment",
  ]
  private static let uuids = [
    "550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000",
    "550e8400e29b41d4a716446655440000", "00000000-0000-0000-0000-000000000001", "no uuid",
  ]
  private static let vocabulary = ["the", "quick", "fox", "Fox", "jumps", "over", "dogs", "café"]

  private mutating func sentence() -> String {
    (0..<1 + below(4)).map { _ in Self.vocabulary[below(Self.vocabulary.count)] }
      .joined(separator: " ")
  }

  private mutating func place() -> GeoPoint {
    GeoPoint(longitude: Double(below(37)) * 10 - 180, latitude: Double(below(19)) * 10 - 90)
  }

  // MARK: Indexes

  mutating func changeIndexes(_ database: Database) async throws {
    for field in Self.fields {
      let at = path(field.name)
      if below(5) == 0 {
        _ = try await database.deletePayloadIndex(of: "things", at: at)
      } else if below(2) == 0 {
        let type = field.types[below(field.types.count)]
        var schema = PayloadFieldSchema(type: type)
        if type == .text {
          schema = PayloadFieldSchema(
            .text(
              TextIndexParams(
                tokenizer: [.word, .whitespace, .prefix][below(3)], lowercase: below(2) == 0,
                phraseMatching: below(2) == 0)))
        }
        _ = try await database.createPayloadIndex(of: "things", at: at, schema)
      }
    }
  }

  func awaitIndexes(_ things: PointCollection) async throws {
    for field in things.info().payloadFields { try await things.awaitPayloadIndex(at: field.path) }
    #expect(things.info().payloadFields.filter { !$0.isReady }.isEmpty)
  }

  // MARK: Filters

  /// The same filter in a form that no index answers: of three conditions two must hold, of which
  /// one always does and one never.
  private func unindexed(_ filter: Filter) -> Filter {
    Filter(
      minShould: Filter.MinShould(
        conditions: [.filter(filter), .hasVector(""), .hasVector("missing")], minimum: 2))
  }

  mutating func check(_ things: PointCollection, _ context: String) async throws {
    for _ in 0..<40 {
      let filter = filter(depth: 2)
      let plain = unindexed(filter)
      let note = Comment(rawValue: "\(context): \(filter)")
      let count = try await things.count(filter)
      #expect(try await things.count(plain) == count, note)
      let ids = try await things.scroll(ScrollRequest(limit: 500, filter: filter))
      let expected = try await things.scroll(ScrollRequest(limit: 500, filter: plain))
      #expect(ids.records.map(\.id) == expected.records.map(\.id), note)
      #expect(ids.records.count == count, note)
      let query = Query.nearest(.dense([Float(below(1000)), Float(below(1000))]))
      let hits = try await things.query([
        QueryRequest(query: query, filter: filter, limit: 7),
        QueryRequest(query: query, filter: plain, limit: 7),
      ])
      #expect(hits[0].map(\.score) == hits[1].map(\.score), note)
    }
  }

  private mutating func filter(depth: Int) -> Filter {
    var filter = Filter()
    for _ in 0..<1 + below(2) { filter.must.append(condition(depth: depth)) }
    if below(3) == 0 { filter.mustNot = [condition(depth: depth)] }
    if below(3) == 0 { filter.should = [condition(depth: depth), condition(depth: depth)] }
    if below(4) == 0 {
      filter.minShould = Filter.MinShould(
        conditions: (0..<3).map { _ in condition(depth: depth) }, minimum: below(4))
    }
    if below(3) == 0 { filter.must = [] }
    return filter
  }

  private mutating func condition(depth: Int) -> Condition {
    let key = path(Self.fields[below(Self.fields.count)].name)
    switch below(depth > 0 ? 14 : 12) {
    case 0: return .match(key: key, .value(matchValue()))
    case 1: return .match(key: key, .any([matchValue(), matchValue()]))
    case 2: return .match(key: key, .except([matchValue()]))
    case 3:
      return .range(
        key: path(["number", "rows[].v"][below(2)]),
        RangeCondition(
          lessThan: .double(Double(below(10))), greaterThanOrEqual: .double(Double(below(6)) - 2.5))
      )
    case 4:
      let bound = Datetime(Self.moments[below(5)])
      return .datetimeRange(key: path("when"), DatetimeRange(greaterThan: bound))
    case 5: return .isEmpty(key: key)
    case 6: return .isNull(key: key)
    case 7:
      return .geoRadius(
        key: path("place"), GeoRadius(center: place(), radius: Double(below(9000)) * 1000))
    case 8:
      let (a, b) = (place(), place())
      return .geoBoundingBox(
        key: path("place"),
        GeoBoundingBox(
          topLeft: GeoPoint(longitude: a.longitude, latitude: max(a.latitude, b.latitude)),
          bottomRight: GeoPoint(longitude: b.longitude, latitude: min(a.latitude, b.latitude))))
    case 9:
      let text = path(below(4) == 0 ? "word" : "text")
      let words = sentence()
      return .match(
        key: text, [.text(words), .textAny(words), .phrase(words)][below(3)])
    case 10: return .match(key: key, .prefix(["re", "g", "", "550e"][below(4)]))
    case 11: return .valuesCount(key: key, ValuesCount(greaterThan: UInt64(below(3))))
    case 12: return .not(condition(depth: depth - 1))
    default: return .filter(filter(depth: depth - 1))
    }
  }

  private mutating func matchValue() -> MatchValue {
    switch below(5) {
    case 0: .integer(Int64(below(12)) - 3)
    case 1: .bool(below(2) == 0)
    case 2: .string(Self.uuids[below(Self.uuids.count)])
    default: .string(Self.words[below(Self.words.count)])
    }
  }
}
