/// A sentence of a passage that can stand alone in an answer.
package struct QuotableSentence: Sendable, Equatable {
  /// Position of its passage among those retrieved.
  package let chunk: Int
  /// Its place among the sentences of the passage.
  package let position: Int
  /// The sentence.
  package let sentence: String
  /// The sentence with the lines of code that follow it, or with the list that it announces.
  package let quote: String

  private static let leastWords = 5
  private static let mostCodeLines = 6
  private static let mostItems = 8

  /// A sentence of the passage at position `chunk`.
  package init(chunk: Int, position: Int, sentence: String, quote: String) {
    self.chunk = chunk
    self.position = position
    self.sentence = sentence
    self.quote = quote
  }

  /// The sentences of `chunks` with at least five words that are neither headings, questions nor
  /// code, at most `limit`, as many from each passage, no text twice. A question in a passage
  /// resembles the reader's most and answers it least.
  package static func candidates(in chunks: [RetrievedChunk], limit: Int) -> [QuotableSentence] {
    var candidates: [QuotableSentence] = []
    var seen: Set<String> = []
    let share = max(1, limit / max(1, chunks.count))
    for (position, chunk) in chunks.enumerated() {
      let sentences = SentenceSplitter.sentences(of: chunk.text)
      var taken = 0
      for (index, sentence) in sentences.enumerated() where taken < share {
        guard sentence.kind == .prose, sentence.wordCount >= leastWords, !asks(sentence.text),
          seen.insert(sentence.text).inserted
        else { continue }
        taken += 1
        candidates.append(
          QuotableSentence(
            chunk: position, position: index, sentence: sentence.text,
            quote: ([sentence.text] + following(index, in: sentences)).joined(separator: "\n")))
      }
    }
    return candidates
  }

  /// The lines of code behind a sentence or, behind a colon, the items of a list: all or none.
  private static func following(_ index: Int, in sentences: [Sentence]) -> [String] {
    let rest = sentences[(index + 1)...]
    let code = rest.prefix { $0.kind == .code }.prefix(mostCodeLines)
    if !code.isEmpty { return code.map(\.text) }
    guard sentences[index].text.hasSuffix(":") else { return [] }
    let items = rest.prefix { $0.kind == .prose && SentenceSplitter.isItem($0.text) }
    return items.count <= mostItems ? items.map(\.text) : []
  }

  private static func asks(_ sentence: String) -> Bool {
    sentence.last { !"\"')]”’»*_`".contains($0) } == "?"
  }
}
