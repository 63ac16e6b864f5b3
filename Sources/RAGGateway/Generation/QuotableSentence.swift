/// A sentence of a passage that can stand alone in an answer.
package struct QuotableSentence: Sendable, Equatable {
  /// Position of its passage among those retrieved.
  package let chunk: Int
  /// The sentence.
  package let sentence: String
  /// The sentence with the lines of code that follow it.
  package let quote: String

  private static let leastWords = 5
  private static let mostCodeLines = 6

  /// A sentence of the passage at position `chunk`.
  package init(chunk: Int, sentence: String, quote: String) {
    self.chunk = chunk
    self.sentence = sentence
    self.quote = quote
  }

  /// The sentences of `chunks` with at least five words that are neither headings, questions nor
  /// code, at most `limit`, no text twice. A question in a passage resembles the reader's most and
  /// answers it least.
  package static func candidates(in chunks: [RetrievedChunk], limit: Int) -> [QuotableSentence] {
    var candidates: [QuotableSentence] = []
    var seen: Set<String> = []
    for (position, chunk) in chunks.enumerated() {
      let sentences = SentenceSplitter.sentences(of: chunk.text)
      for (index, sentence) in sentences.enumerated() {
        if candidates.count == limit { return candidates }
        guard sentence.kind == .prose, sentence.wordCount >= leastWords, !asks(sentence.text),
          seen.insert(sentence.text).inserted
        else { continue }
        let code = sentences[(index + 1)...].prefix { $0.kind == .code }.prefix(mostCodeLines)
        candidates.append(
          QuotableSentence(
            chunk: position, sentence: sentence.text,
            quote: ([sentence.text] + code.map(\.text)).joined(separator: "\n")))
      }
    }
    return candidates
  }

  private static func asks(_ sentence: String) -> Bool {
    sentence.last { !"\"')]”’»*_`".contains($0) } == "?"
  }
}
