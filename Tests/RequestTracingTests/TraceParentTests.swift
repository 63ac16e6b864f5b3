import RequestTracing
import Testing

@Suite struct TraceParentTests {
  static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let good = "00-\(trace)-00f067aa0ba902b7-01"

  @Test func placesAreReadAndWrittenAsTheStandardHasThem() throws {
    let place = try #require(TraceParent(Self.good, state: "vendor=a,other=b"))
    #expect(place.traceID.text == Self.trace)
    #expect(place.isSampled)
    #expect(place.text == Self.good)
    let silent = try #require(TraceParent("00-\(Self.trace)-00f067aa0ba902b7-00"))
    #expect(!silent.isSampled)
    // Flags that nobody knows are not passed on.
    let odd = try #require(TraceParent("00-\(Self.trace)-00f067aa0ba902b7-f3"))
    #expect(odd.text.hasSuffix("-03"))
    // Later versions may say more behind what is known.
    let later = try #require(TraceParent("cc-\(Self.trace)-00f067aa0ba902b7-01-more"))
    #expect(later.text == Self.good)
  }

  @Test(arguments: [
    "", "00", good + "0", good.uppercased(), "ff" + good.dropFirst(2),
    "00-\(trace)-0000000000000000-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-\(trace)_00f067aa0ba902b7-01", "00-\(trace)-00f067aa0ba902bg-01", good + "-more",
    "cc-\(trace)-00f067aa0ba902b7-01more", String(repeating: "0", count: 55),
  ])
  func whatIsNoPlaceIsAsGoodAsNone(text: String) {
    #expect(TraceParent(text) == nil)
  }

  /// Of `stateBytesMax`.
  @Test func whatOthersNoteHasABound() throws {
    let most = String(repeating: "a", count: 512)
    let place = try #require(TraceParent(Self.good, state: most))
    #expect(place.state == most)
    #expect(try #require(TraceParent(Self.good, state: most + "a")).state.isEmpty)
  }

  @Test func noHeaderIsNoPlace() {
    #expect(TraceParent(nil) == nil)
  }
}
