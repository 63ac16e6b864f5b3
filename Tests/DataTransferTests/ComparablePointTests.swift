import DataTransfer
import FastJSON
import Testing

@Suite struct ComparablePointTests {
  private func point(_ json: String) throws -> ComparablePoint {
    try ComparablePoint(JSONDocument(parsing: Array(json.utf8)).root)
  }

  private func areSame(_ a: String, _ b: String, isNormalized: Bool = false) throws -> Bool {
    try point(a).isSame(as: point(b), isNormalized: isNormalized)
  }

  @Test(arguments: [
    (
      #"{"id":1,"vector":[0.1,2],"payload":{"a":1,"b":{"c":[1,2],"d":null}}}"#,
      #"{"id":1,"payload":{"b":{"d":null,"c":[1,2]},"a":1},"vector":[0.10000000149,2.0]}"#
    ),
    (#"{"id":1,"vector":[1],"payload":{}}"#, #"{"id":1,"vector":[1],"payload":null}"#),
    (
      #"{"id":"7ACE4F9A-0000-4000-8000-00000000000F","vector":[1]}"#,
      #"{"id":"7ace4f9a-0000-4000-8000-00000000000f","vector":[1]}"#
    ),
    (
      #"{"id":1,"vector":{"a":[1,2],"s":{"indices":[7,3],"values":[0.5,0.25]}}}"#,
      #"{"id":1,"vector":{"s":{"indices":[3,7],"values":[0.25,0.5]},"a":[1,2]}}"#
    ),
    (#"{"id":1,"vector":[[1,2],[3,4]]}"#, #"{"id":1,"vector":[[1,2],[3,4]]}"#),
  ])
  func `spelling and order make no difference`(a: String, b: String) throws {
    #expect(try areSame(a, b))
  }

  @Test(arguments: [
    (#"{"id":1,"vector":[1,2]}"#, #"{"id":2,"vector":[1,2]}"#),
    (#"{"id":1,"vector":[1,2]}"#, #"{"id":1,"vector":[1,2.0001]}"#),
    (#"{"id":1,"vector":[1,2]}"#, #"{"id":1,"vector":[1,2,3]}"#),
    (#"{"id":1,"vector":{"a":[1,2]}}"#, #"{"id":1,"vector":{"b":[1,2]}}"#),
    (#"{"id":1,"vector":[[1,2],[3,4]]}"#, #"{"id":1,"vector":[[1,2,3],[4]]}"#),
    (#"{"id":1,"vector":[1],"payload":{"a":1}}"#, #"{"id":1,"vector":[1],"payload":{"a":1.0}}"#),
    (
      #"{"id":1,"vector":[1],"payload":{"a":[1,2]}}"#,
      #"{"id":1,"vector":[1],"payload":{"a":[2,1]}}"#
    ),
    (
      #"{"id":1,"vector":{"s":{"indices":[3],"values":[1]}}}"#,
      #"{"id":1,"vector":{"s":{"indices":[4],"values":[1]}}}"#
    ),
  ])
  func `contents make one`(a: String, b: String) throws {
    #expect(try !areSame(a, b))
    #expect(try !areSame(a, b, isNormalized: true))
  }

  @Test func `rounding is forgiven only where vectors are scaled`() throws {
    let (a, b) = (#"{"id":1,"vector":[0.6,0.8]}"#, #"{"id":1,"vector":[0.6000001,0.8]}"#)
    #expect(try areSame(a, b, isNormalized: true))
    #expect(try !areSame(a, b))
  }

  @Test func `a point without a known id is no point`() throws {
    #expect(throws: TransferError.self) { try point(#"{"id":"x","vector":[1]}"#) }
    #expect(throws: TransferError.self) { try point(#"{"vector":[1]}"#) }
  }

  @Test func ofCodesTheLengthsAreCompared() throws {
    func same(_ a: String, _ b: String, _ coded: Set<String>) throws -> Bool {
      func point(_ vector: String) throws -> ComparablePoint {
        let json = #"{"id":1,"vector":\#(vector)}"#
        return try ComparablePoint(
          JSONDocument(parsing: Array(json.utf8)).root, coded: coded)
      }
      return try point(a).isSame(as: point(b), isNormalized: false)
    }
    #expect(try same(#"{"a":[1,2],"b":[3]}"#, #"{"b":[3],"a":[5,6]}"#, ["a"]))
    #expect(try !same(#"{"a":[1,2],"b":[3]}"#, #"{"b":[4],"a":[1,2]}"#, ["a"]))
    #expect(try !same(#"{"a":[1,2]}"#, #"{"a":[1,2,3]}"#, ["a"]))
    #expect(try same("[1,2]", "[2,1]", [""]))
    #expect(try !same("[1,2]", "[2,1]", ["a"]))
    #expect(try same(#"{"a":[[1],[2]]}"#, #"{"a":[[3],[4]]}"#, ["a"]))
    #expect(try !same(#"{"a":[[1],[2]]}"#, #"{"a":[[3]]}"#, ["a"]))
  }
}
