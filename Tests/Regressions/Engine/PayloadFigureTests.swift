import DatabaseFixture
import PointModel
import SeededRandom
import Testing
import VectorDB

/// The number of points with an indexed value is right after every change.
@Suite struct PayloadFigureTests {
  @Test(arguments: [true, false])
  func countsFollowTheChanges(indexFirst: Bool) async throws {
    try await withDatabase { fixture in
      let things = try await fixture.create(size: 1)
      let path = try #require(PayloadPath("n"))
      let schema = PayloadFieldSchema(PayloadIndexParams(defaultsOf: .integer))
      func makeIndex() async throws {
        _ = try await fixture.database.createPayloadIndex(of: "things", at: path, schema)
        try await things.awaitPayloadIndex(at: path)
      }
      func expect(_ count: Int, _ line: Int = #line) async throws {
        let info = things.info().payloadFields.first { $0.path == path }
        #expect(info?.pointsCount == count && info?.isReady == true, "line \(line)")
      }
      if indexFirst { try await makeIndex() }
      // Every third has no integer.
      _ = try await things.apply([
        .upsert((0..<300).map { point($0, [1], $0 % 3 == 0 ? #"{"n":"x"}"# : #"{"n":[1,2]}"#) })
      ])
      if !indexFirst { try await makeIndex() }
      try await expect(200)
      _ = try await things.apply([.delete(.ids((0..<30).map { .number($0) }))])
      try await expect(180)
      _ = try await things.apply([.upsert((30..<60).map { point($0, [1], #"{"n":5}"#) })])
      try await expect(190)
      _ = try await things.apply([
        .setPayload(payload(#"{"n":"gone"}"#), .ids((30..<40).map { .number($0) }), key: nil)
      ])
      try await expect(180)
      _ = try await things.apply([
        .setPayload(payload(#"{"n":7}"#), .ids((30..<45).map { .number($0) }), key: nil)
      ])
      try await expect(190)
      _ = try await things.apply([
        .delete(.filter(Filter(must: [.match(key: path, .value(.integer(7)))])))
      ])
      try await expect(175)
    }
  }

  /// Numbers that commits keep are those that are counted, whatever commits do, and whenever they
  /// were asked for first.
  @Test(arguments: [UInt64(1), 2, 3])
  func keptNumbersAreThoseThatAreCounted(seed: UInt64) async throws {
    try await withDatabase { fixture in
      var random = SeededGenerator(seed: seed)
      var things = try await fixture.create(size: 1)
      let path = try #require(PayloadPath("n"))
      let schema = PayloadFieldSchema(PayloadIndexParams(defaultsOf: .integer))
      let hasNumber = Filter(must: [.range(key: path, Bounds(greaterThanOrEqual: -1000))])
      let texts = ["{}", #"{"n":"x"}"#, #"{"n":1}"#, #"{"n":[1,2,3]}"#, #"{"n":null}"#]
      for round in 0..<60 {
        if round == 20 {
          _ = try await fixture.database.createPayloadIndex(of: "things", at: path, schema)
          try await things.awaitPayloadIndex(at: path)
        }
        if round == 45 {
          try await fixture.restart()
          things = try fixture.database.collection(named: "things")
          try await things.awaitPayloadIndex(at: path)
        }
        let ids = (0..<Int.random(in: 1...30, using: &random)).map { _ in
          UInt64.random(in: 0..<200, using: &random)
        }
        let text = texts[Int.random(in: 0..<texts.count, using: &random)]
        let selector = PointSelector.ids(Set(ids).map { .number($0) })
        switch Int.random(in: 0..<6, using: &random) {
        case 0: _ = try await things.apply([.delete(selector)])
        case 1: _ = try? await things.apply([.overwritePayload(payload(text), selector)])
        case 2: _ = try? await things.apply([.clearPayload(selector)])
        case 3: _ = try await things.apply([.delete(.filter(Filter(must: [.hasID([.number(5)])])))])
        default: _ = try await things.apply([.upsert(ids.map { point($0, [1], text) })])
        }
        guard round >= 20, round % 3 == 0 || round > 40 else { continue }
        let kept = things.info().payloadFields.first { $0.path == path }
        #expect(try await things.count(hasNumber) == kept?.pointsCount, "round \(round)")
      }
    }
  }
}
