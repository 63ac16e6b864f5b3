import PointModel
import Testing

@Suite struct PointIDTests {
  private static let dashed = "5c56c793-69f3-4fbf-87e6-c4bf54c28c26"

  @Test(arguments: [
    dashed, "5c56c79369f34fbf87e6c4bf54c28c26", "5C56C793-69F3-4FBF-87E6-C4BF54C28C26",
    "{5c56c793-69f3-4fbf-87e6-c4bf54c28c26}", "urn:uuid:5c56c793-69f3-4fbf-87e6-c4bf54c28c26",
  ])
  func everyFormReadsAsTheDashedOne(text: String) throws {
    let uuid = try #require(PointUUID(text))
    #expect(uuid.description == Self.dashed)
    #expect(uuid.high == 0x5c56_c793_69f3_4fbf)
    #expect(uuid.low == 0x87e6_c4bf_54c2_8c26)
  }

  @Test(arguments: [
    "", "1", "abc", "5c56c793-69f3-4fbf-87e6-c4bf54c28c2", "5c56c79369f34fbf87e6c4bf54c28c267",
    "5c56c793x69f3-4fbf-87e6-c4bf54c28c26", "5c56c793-69f3-4fbf-87e6-c4bf54c28c2g",
    "{5c56c793-69f3-4fbf-87e6-c4bf54c28c26", "{}", "urn:uuid:", "5c56c793-69f3-4fbf-87e6-c4bf54c2é",
    "----5c56c79369f34fbf87e6c4bf54c28c26",
  ])
  func anythingElseIsRefused(text: String) {
    #expect(PointUUID(text) == nil)
  }

  @Test func numbersComeBeforeUUIDsAndBothAreOrdered() throws {
    let small = PointID.uuid(PointUUID(high: 1, low: .max))
    let large = PointID.uuid(PointUUID(high: 2, low: 0))
    let ids: [PointID] = [large, .number(.max), small, .number(0), .number(10), .number(9)]
    #expect(ids.sorted() == [.number(0), .number(9), .number(10), .number(.max), small, large])
  }

  @Test func descriptionIsTheWireForm() {
    #expect(PointID.number(.max).description == "18446744073709551615")
    #expect(
      PointID.uuid(PointUUID(high: 0, low: 0)).description
        == "00000000-0000-0000-0000-000000000000")
  }

  @Test func randomUUIDsSurviveTheirText() throws {
    var state: UInt64 = 0x5eed
    for _ in 0..<500 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let uuid = PointUUID(high: state, low: ~state &* 31)
      #expect(PointUUID(uuid.description) == uuid)
      #expect(PointUUID(uuid.description.replacing("-", with: "")) == uuid)
    }
  }
}
