import DatabaseFixture
import PointModel
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
}
