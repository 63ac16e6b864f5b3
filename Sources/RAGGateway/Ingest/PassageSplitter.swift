/// Cuts a section into passages at sentence boundaries.
package struct PassageSplitter: Sendable {
  /// Words that a passage aims at.
  package var targetWords = 160
  /// Words, at most, that a passage repeats of the one before.
  package var overlapWords = 30

  /// A splitter with the measures that suit the embedding model.
  package init() {}

  /// The passages of `text`, in order. One sentence longer than a passage is cut between words.
  package func passages(of text: String) -> [String] {
    let sentences = SentenceSplitter.sentences(of: text).flatMap { cut($0) }
    var passages: [String] = []
    var current: [Sentence] = []
    var words = 0
    var isFresh = false
    for sentence in sentences {
      let length = sentence.wordCount
      if isFresh, words + length > targetWords {
        passages.append(Self.join(current))
        current = overlap(of: current, before: sentence, length: length)
        words = current.reduce(0) { $0 + $1.wordCount }
      }
      current.append(sentence)
      words += length
      isFresh = true
    }
    if isFresh { passages.append(Self.join(current)) }
    return passages.filter { !$0.isEmpty }
  }

  /// The last sentence, when it is short prose that leads on to `next`.
  private func overlap(
    of passage: [Sentence], before next: Sentence, length: Int
  ) -> [Sentence] {
    guard let last = passage.last, last.kind == .prose, last.wordCount <= overlapWords,
      next.kind != .heading, last.wordCount + length <= targetWords, passage.count > 1
    else { return [] }
    return [last]
  }

  private func cut(_ sentence: Sentence) -> [Sentence] {
    guard sentence.wordCount > targetWords else { return [sentence] }
    var pieces: [Sentence] = []
    var piece = ""
    var words = 0
    // Scripts without spaces have no words to cut between, so pieces of a word's size stand in.
    for part in sentence.text.split(separator: " ").flatMap({ Self.chop($0) }) {
      let length = WordCount.of(part.text)
      if words + length > targetWords, !piece.isEmpty {
        pieces.append(
          Sentence(
            text: piece, kind: sentence.kind,
            opensParagraph: pieces.isEmpty && sentence.opensParagraph))
        piece = ""
        words = 0
      }
      piece += (piece.isEmpty || part.joins ? "" : " ") + part.text
      words += length
    }
    pieces.append(
      Sentence(
        text: piece, kind: sentence.kind, opensParagraph: pieces.isEmpty && sentence.opensParagraph)
    )
    return pieces
  }

  private static func chop(_ word: Substring) -> [(text: String, joins: Bool)] {
    let size = 40
    var parts: [(text: String, joins: Bool)] = []
    var rest = word
    while !rest.isEmpty {
      parts.append((String(rest.prefix(size)), !parts.isEmpty))
      rest = rest.dropFirst(size)
    }
    return parts
  }

  private static func join(_ sentences: [Sentence]) -> String {
    var text = ""
    var previous: Sentence?
    for sentence in sentences {
      if let previous {
        if sentence.opensParagraph {
          text += "\n\n"
        } else {
          text += sentence.kind == .code || previous.kind == .code ? "\n" : " "
        }
      }
      text += sentence.text
      previous = sentence
    }
    return text
  }
}
