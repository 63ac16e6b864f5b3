import DatabaseFixture
import FastJSON
import PointModel
import Testing
import VectorDB

@Suite struct PayloadTests {
  private func edited(_ json: String, _ operation: Operation) async throws -> String? {
    var result: String?
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await things.apply([.upsert([point(1, [1], json)])])
      _ = try await things.apply([operation])
      result = text(try await things.retrieve([.number(1)])[0].payload)
    }
    return result
  }

  static let merges: [(String, String, String?, String)] = [
    (#"{"a":1,"b":2}"#, #"{"b":3,"c":4}"#, nil, #"{"a":1,"b":3,"c":4}"#),
    (#"{"a":1,"b":2}"#, #"{"b":null}"#, nil, #"{"a":1}"#),
    (#"{"a":{"x":1}}"#, #"{"y":2}"#, "a", #"{"a":{"x":1,"y":2}}"#),
    (#"{"a":5}"#, #"{"y":2}"#, "a.b", #"{"a":{"b":{"y":2}}}"#),
    (#"{"a":[{"x":1},{}]}"#, #"{"y":2}"#, "a[]", #"{"a":[{"x":1,"y":2},{"y":2}]}"#),
    (#"{"a":[{"x":1},{}]}"#, #"{"y":2}"#, "a[1]", #"{"a":[{"x":1},{"y":2}]}"#),
    (#"{"a":[1]}"#, #"{"y":2}"#, "a[7]", #"{"a":[1]}"#),
    (#"{}"#, #"{"y":2}"#, "new.path", #"{"new":{"path":{"y":2}}}"#),
  ]

  @Test(arguments: PayloadTests.merges.indices)
  func mergesFollowPaths(_ index: Int) async throws {
    let (before, change, path, after) = Self.merges[index]
    let operation = Operation.setPayload(
      payload(change), .ids([.number(1)]), key: path.flatMap { PayloadPath($0) })
    #expect(try await edited(before, operation) == after)
  }

  static let removals: [(String, String, String)] = [
    (#"{"a":1,"b":2}"#, "a", #"{"b":2}"#),
    (#"{"a":{"x":1,"y":2}}"#, "a.x", #"{"a":{"y":2}}"#),
    (#"{"a":[{"x":1,"y":2},{"x":3}]}"#, "a[].x", #"{"a":[{"y":2},{}]}"#),
    (#"{"a":[1,2]}"#, "a[]", #"{"a":[]}"#),
    (#"{"a":[1,2]}"#, "a[0]", #"{"a":[1,2]}"#),
    (#"{"a":1}"#, "missing.key", #"{"a":1}"#),
  ]

  @Test(arguments: PayloadTests.removals.indices)
  func removalsFollowPaths(_ index: Int) async throws {
    let (before, path, after) = Self.removals[index]
    let key = try #require(PayloadPath(path))
    let operation = Operation.deletePayload(keys: [key], .ids([.number(1)]))
    #expect(try await edited(before, operation) == after)
  }

  @Test func overwriteAndClearReplaceAll() async throws {
    let overwrite = Operation.overwritePayload(payload(#"{"z":null}"#), .ids([.number(1)]))
    #expect(try await edited(#"{"a":1}"#, overwrite) == #"{"z":null}"#)
    #expect(try await edited(#"{"a":1}"#, .clearPayload(.ids([.number(1)]))) == "{}")
  }

  static let selections: [(PayloadSelector, String?)] = [
    (.none, nil),
    (.all, #"{"a":{"x":1,"y":2},"rows":[{"v":1,"w":2}],"n":3}"#),
    (.include([PayloadPath(steps: [.key("n")])]), #"{"n":3}"#),
    (.include([PayloadPath(steps: [.key("a"), .key("x")])]), #"{"a":{"x":1}}"#),
    (
      .include([PayloadPath(steps: [.key("rows"), .everyElement, .key("w")])]),
      #"{"rows":[{"w":2}]}"#
    ),
    (.include([PayloadPath(steps: [.key("missing")])]), "{}"),
    (
      .exclude([PayloadPath(steps: [.key("a"), .key("x")]), PayloadPath(steps: [.key("rows")])]),
      #"{"a":{"y":2},"n":3}"#
    ),
  ]

  @Test(arguments: PayloadTests.selections.indices)
  func selectorsCutThePayload(_ index: Int) async throws {
    let (selector, expected) = Self.selections[index]
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      let json = #"{"a":{"x":1,"y":2},"rows":[{"v":1,"w":2}],"n":3}"#
      _ = try await things.apply([.upsert([point(1, [1], json)])])
      let records = try await things.retrieve([.number(1)], withPayload: selector)
      #expect(text(records[0].payload) == expected)
    }
  }
}

extension PayloadTests {
  @Test func editsCannotNestDeeperThanBodiesCan() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 1)
      _ = try await things.apply([.upsert([point(1, [1])])])
      let deep = PayloadPath(steps: (0..<200).map { _ in .key("k") })
      let message = "the payload of point 1 would nest deeper than 125 levels"
      await #expect(throws: CollectionError.wrongInput(message)) {
        try await things.apply([.setPayload(payload(#"{"z":1}"#), .ids([.number(1)]), key: deep)])
      }
      let allowed = PayloadPath(steps: (0..<124).map { _ in .key("k") })
      _ = try await things.apply([
        .setPayload(payload(#"{"z":1}"#), .ids([.number(1)]), key: allowed)
      ])
      let filter = Filter(must: [.isEmpty(key: PayloadPath(steps: [.key("a")]))])
      #expect(try await things.count(filter) == 1)
    }
  }

  @Test func overflowingScoresStayNumbers() async throws {
    try await withDatabase { temporary in
      let things = try await temporary.create(size: 2)
      _ = try await things.apply([.upsert([point(1, [1e38, 1e38]), point(2, [1, 1])])])
      let hits = try await things.query([QueryRequest(query: .nearest(.dense([1e38, 1e38])))])[0]
      #expect(hits.map(\.record.id) == [.number(1), .number(2)])
      #expect(hits.allSatisfy { $0.score.isFinite })
    }
  }
}
