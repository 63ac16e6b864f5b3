import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

/// Edits of payloads that are there: what they may come to, and how many go into one commit.
@Suite struct PayloadEditTests {
  private let one = PointSelector.ids([.number(1)])

  private func path(_ text: String) throws -> PayloadPath {
    try #require(PayloadPath(text))
  }

  private func shown(_ things: PointCollection, _ id: UInt64) async throws -> String {
    let records = try await things.retrieve([.number(id)])
    return String(decoding: try #require(records.first?.payload).json, as: UTF8.self)
  }

  @Test func payloadsHaveASizeWhateverTheyAreMadeOf() async throws {
    let limits = Limits(payloadBytesMax: 1000)
    try await withDatabase(options: DatabaseOptions(limits: limits)) { temporary in
      let things = try await temporary.create()
      let text = String(repeating: "x", count: 400)
      let change = payload(#"{"t":"\#(text)"}"#)
      _ = try await things.apply([.upsert([point(1, [1, 1, 0, 0], #"{"a":[1,2,3]}"#)])])
      // Three elements make three times as much of it.
      await #expect(throws: CollectionError.self) {
        try await things.apply([.setPayload(change, one, key: path("a[]"))])
      }
      #expect(try await shown(things, 1) == #"{"a":[1,2,3]}"#)
      _ = try await things.apply([.setPayload(change, one, key: path("a[1]"))])
      _ = try await things.apply([.setPayload(change, one, key: path("b"))])
      await #expect(throws: CollectionError.self) {
        try await things.apply([.setPayload(change, one, key: path("c"))])
      }
      let long = payload(#"{"t":"\#(text)\#(text)\#(text)"}"#)
      await #expect(throws: CollectionError.self) {
        try await things.apply([.overwritePayload(long, one)])
      }
      await #expect(throws: CollectionError.self) {
        try await things.apply([
          .upsert([Point(id: .number(2), vectors: [], payload: long)])
        ])
      }
    }
  }

  /// What was read counts as what was brought: payloads of a few kilobytes, one of which fills a
  /// commit.
  @Test func largePayloadsGoInSeveralCommits() async throws {
    let limits = Limits(groupBytesMax: 10_000, updateBytesMax: 5000)
    try await withDatabase(options: DatabaseOptions(limits: limits)) { temporary in
      let things = try await temporary.create()
      let text = String(repeating: "x", count: 4000)
      for id in UInt64(1)...20 {
        _ = try await things.apply([
          .upsert([point(id, [Float(id), 1, 0, 0], #"{"n":\#(id),"t":"\#(text)"}"#)])
        ])
      }
      let all = PointSelector.filter(Filter(mustNot: [.hasID([.number(99)])]))
      _ = try await things.apply([.setPayload(payload(#"{"m":1}"#), all, key: nil)])
      for id in UInt64(1)...20 {
        #expect(try await shown(things, id) == #"{"n":\#(id),"t":"\#(text)","m":1}"#)
      }
      _ = try await things.apply([.deletePayload(keys: [path("t"), path("m")], all)])
      for id in UInt64(1)...20 { #expect(try await shown(things, id) == #"{"n":\#(id)}"#) }
    }
  }

  @Test func whatManyPathsLeadToIsRemoved() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create()
      _ = try await things.apply([
        .upsert([
          point(
            1, [1, 1, 0, 0],
            #"{"a":1,"b":[{"x":1,"y":2},{"x":3},7],"c":[1,2],"d":{"e":{"f":1,"g":2}},"h":3}"#)
        ])
      ])
      let keys = ["a", "b[].x", "c[]", "d.e.f", "nothing", "d.nothing.at.all", "h[0]", "c[1]"]
      _ = try await things.apply([.deletePayload(keys: try keys.map(path), one)])
      #expect(
        try await shown(things, 1) == #"{"b":[{"y":2},{},7],"c":[],"d":{"e":{"g":2}},"h":3}"#)
    }
  }
}
