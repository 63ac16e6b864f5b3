import RAGGateway
import Testing

@Suite struct SentenceSplitterTests {
  private static func texts(_ text: String, _ kind: Sentence.Kind) -> [String] {
    SentenceSplitter.sentences(of: text).filter { $0.kind == kind }.map(\.text)
  }

  @Test func breaksAtTheEndsOfSentences() {
    let text = """
      Use apt, e.g. version 2.6, to do it. Is it safe? Yes! "Quite so." See Fig. 3 by J. Doe. \
      The file is .bashrc and not that one.
      """
    #expect(
      Self.texts(text, .prose) == [
        "Use apt, e.g. version 2.6, to do it.", "Is it safe?", "Yes!", "\"Quite so.\"",
        "See Fig. 3 by J. Doe.", "The file is .bashrc and not that one.",
      ])
  }

  @Test func marksInQuotesEndNothing() {
    let text = """
      A sentence ends with '.', '!' or '?' followed by a space. "Stop!" he said. So it is.
      """
    #expect(
      Self.texts(text, .prose) == [
        "A sentence ends with '.', '!' or '?' followed by a space.", "\"Stop!\" he said.",
        "So it is.",
      ])
  }

  @Test func breaksWithoutSpaces() {
    #expect(Self.texts("これは本です。それは何ですか？", .prose) == ["これは本です。", "それは何ですか？"])
  }

  @Test func joinsLinesOfAParagraph() {
    let sentences = SentenceSplitter.sentences(of: "One line\nand another. More.\n\nNext one.")
    #expect(sentences.map(\.text) == ["One line and another.", "More.", "Next one."])
    #expect(sentences.map(\.opensParagraph) == [true, false, true])
  }

  @Test func knowsCodeFromProse() {
    let text = """
      Run this:
      ```sh
      apt purge '~c'
        # indented
      ```
      Or this, after a blank line.

          dpkg --purge x
      $ sudo true
      - an item with words
          that goes on here.
      """
    #expect(
      Self.texts(text, .code) == [
        "apt purge '~c'", "  # indented", "    dpkg --purge x", "$ sudo true",
      ])
    #expect(
      Self.texts(text, .prose) == [
        "Run this:", "Or this, after a blank line.", "- an item with words that goes on here.",
      ])
  }

  @Test func knowsHeadings() {
    #expect(
      Self.texts("# Title\nText follows.\n\nA short line\n\nMore text.", .heading) == [
        "Title", "A short line",
      ])
  }
}
