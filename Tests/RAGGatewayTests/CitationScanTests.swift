import RAGGateway
import Testing

@Suite struct CitationScanTests {
  @Test func keepsKnownAndDropsUnknownReferences() {
    let scan = CitationScan("One [2]. Two [7]. Three [1, 9, 2]. [x] [ [1]", passages: 3)
    #expect(scan.summary == "One [2]. Two. Three [1][2]. [x] [ [1]")
    #expect(scan.numbers == [2, 1])
  }

  /// However many brackets open and none closes.
  @Test(arguments: ["[", "[1, ", "[ ] [", "1 [2] [9", "[[1]"])
  func eachByteIsLookedAtTwiceAtMost(_ part: String) {
    let text = String(repeating: part, count: 2_000) + "]"
    let scan = CitationScan(text, passages: 3)
    #expect(scan.bytesSearched <= 2 * text.utf8.count)
  }

  @Test func leavesTextWithoutReferencesAlone() {
    let scan = CitationScan("array[i] = [] and [a", passages: 3)
    #expect(scan.summary == "array[i] = [] and [a")
    #expect(scan.numbers.isEmpty)
  }
}
