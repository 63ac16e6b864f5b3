import FastJSON
import RAGGateway
import Testing

@Suite struct PassageTests {
  private static func words(_ text: String) -> Int {
    text.split(whereSeparator: \.isWhitespace).count
  }

  private static let prose = (0..<60).map { "Sentence number \($0) has exactly eight words in it." }

  @Test func passagesEndAtSentencesAndOverlapByOne() {
    let passages = PassageSplitter().passages(of: Self.prose.joined(separator: " "))
    #expect(passages.count > 2)
    for passage in passages {
      #expect(Self.words(passage) <= 200)
      #expect(passage.hasPrefix("Sentence number"))
      #expect(passage.hasSuffix("in it."))
    }
    for (left, right) in zip(passages, passages.dropFirst()) {
      let last = left.suffix(from: left.range(of: "Sentence", before: left.endIndex))
      #expect(right.hasPrefix(last))
    }
    let everything = passages.joined(separator: " ")
    for sentence in Self.prose { #expect(everything.contains(sentence)) }
  }

  @Test func shortTextsStayWhole() {
    #expect(PassageSplitter().passages(of: "One. Two.\n\nThree.") == ["One. Two.\n\nThree."])
    #expect(PassageSplitter().passages(of: " \n\n ").isEmpty)
  }

  @Test func codeKeepsItsLines() {
    let text = "Do this:\n\n    first\n      second\n\nDone then."
    #expect(
      PassageSplitter().passages(of: text)
        == ["Do this:\n\n    first\n      second\n\nDone then."])
  }

  @Test func endlessSentencesAreCut() {
    let text = Array(repeating: "word", count: 500).joined(separator: " ")
    let passages = PassageSplitter().passages(of: text)
    #expect(passages.map(Self.words) == [200, 200, 100])
    let word = String(repeating: "x", count: 200_000)
    let cut = PassageSplitter().passages(of: word)
    #expect(cut.count > 100)
    #expect(cut.joined() == word)
    let han = String(repeating: "字", count: 1_000)
    let pieces = PassageSplitter().passages(of: han)
    #expect(pieces.count > 2)
    #expect(pieces.joined() == han)
  }

  @Test func headingsBeginPassages() {
    let long = (0..<12).map { "Sentence number \($0) has exactly eight words." }
      .joined(separator: " ")
    let passages = PassageSplitter().passages(of: "\(long)\n\n# Next part\n\nIt begins here.")
    #expect(passages.last == "Next part\n\nIt begins here.")
  }

  @Test func chunksHaveStableNames() {
    let document = SourceDocument(
      title: "Guide",
      sections: [
        .init(heading: "", text: "Opening words."),
        .init(heading: "Set-up & Co", text: "Text one."),
        .init(heading: "Set-up & Co", text: "Text two."),
        .init(heading: "Guide", text: "Text three."),
      ])
    let chunks = PassageMaker.chunks(of: document, name: "docs/guide.md")
    #expect(
      chunks.map(\.chunkID) == [
        "docs/guide.md#text.0", "docs/guide.md#set-up-co.0", "docs/guide.md#set-up-co-2.0",
        "docs/guide.md#guide.0",
      ])
    #expect(chunks.map(\.title) == ["Guide", "Guide: Set-up & Co", "Guide: Set-up & Co", "Guide"])
    #expect(chunks[1].metadata["source"] == .string("docs/guide.md"))
    #expect(chunks[1].metadata["section"] == .string("Set-up & Co"))
    #expect(
      chunks.map(\.pageContent) == ["Opening words.", "Text one.", "Text two.", "Text three."])
  }
}

extension String {
  /// Where the last occurrence of `text` begins.
  fileprivate func range(of text: String, before end: Index) -> Index {
    var position = startIndex
    var found = startIndex
    while position < end {
      if self[position...].hasPrefix(text) { found = position }
      position = index(after: position)
    }
    return found
  }
}
