/// How title and text are put together for the embedding model, so that the tokens of a sentence
/// can be found again among those of the whole: words are never joined across a line.
struct EmbeddedLayout {
  /// Characters of a title that count.
  private static let titleCharacters = 160

  /// What the model is given.
  let text: String

  private let title: String
  private let sentences: [Sentence]

  /// The layout of a passage, or of a window of one, under a title.
  init(title: String, body: String) {
    self.title = String(title.collapsed.prefix(Self.titleCharacters))
    sentences = SentenceSplitter.sentences(of: body)
    let lines = sentences.map(\.text)
    text = ((self.title.isEmpty ? [] : [self.title]) + lines).joined(separator: "\n")
  }

  /// The rows of tokens that belong to each sentence of the body, by the lengths that `length`
  /// gives with the two tokens of the frame.
  func rows(length: (String) -> Int) -> [Range<Int>] {
    var next = title.isEmpty ? 0 : max(0, length(title) - 2)
    return sentences.map { sentence in
      let start = next
      next += max(0, length(sentence.text) - 2)
      return start..<next
    }
  }

  /// Parts of a text, each of which the model reads to its end together with the title.
  static func windows(of text: String, title: String, embedder: any Embedder) -> [String] {
    let whole = EmbeddedLayout(title: title, body: text)
    guard embedder.length(of: whole.text) > embedder.longestText else { return [text] }
    let shown = whole.title.isEmpty ? 0 : embedder.length(of: whole.title) - 2
    var splitter = PassageSplitter { max(0, embedder.length(of: $0) - 2) }
    splitter.targetTokens = max(16, embedder.longestText - 2 - shown)
    splitter.overlapTokens = min(40, splitter.targetTokens / 4)
    splitter.tokensBeforeHeading = splitter.targetTokens
    return splitter.passages(of: text)
  }
}
