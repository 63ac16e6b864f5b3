/// BERT's uncased WordPiece tokenizer.
package struct WordPieceTokenizer: Sendable {
  /// Characters of a word that has tokens; a longer one is unknown.
  private static let wordCharactersMax = 100

  private let vocabulary: Vocabulary

  /// Reads the vocabulary at `vocabularyPath`, which must have exactly `size` pieces.
  package init(vocabularyPath: String, size: Int) throws(EmbeddingModelError) {
    vocabulary = try Vocabulary(path: vocabularyPath, size: size)
  }

  /// The token ids of `text` between `[CLS]` and `[SEP]`, at most `limit` (>= 2) in all: what does
  /// not fit is cut off.
  package func encode(_ text: String, limit: Int = .max) -> [Int32] {
    precondition(limit >= 2, "a text has at least two tokens")
    var ids = [vocabulary.classification]
    var words = BasicTokenizer()
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    let emit: (ArraySlice<UInt8>, Int) -> Void = { word, length in
      appendPieces(of: word, length: length, to: &ids)
    }
    while index < scalars.endIndex, ids.count < limit {
      let scalar = scalars[index]
      if scalar == "[", let piece = specialPiece(at: index, of: scalars) {
        words.finish(emit)
        ids.append(piece.id)
        index = scalars.index(index, offsetBy: piece.text.count)
      } else {
        words.feed(scalar, emit)
        index = scalars.index(after: index)
      }
    }
    words.finish(emit)
    if ids.count > limit - 1 { ids.removeSubrange((limit - 1)...) }
    ids.append(vocabulary.separator)
    return ids
  }

  /// The reference tokenizer takes these out of a text before anything else, in upper case only.
  private func specialPiece(
    at index: String.UnicodeScalarView.Index, of scalars: String.UnicodeScalarView
  ) -> (text: [UInt8], id: Int32)? {
    vocabulary.special.first { piece in
      scalars[index...].starts(with: piece.text) { $0.value == UInt32($1) }
    }
  }

  /// Greedy longest match first. A word with a part that no piece matches is unknown as a whole.
  private func appendPieces(of word: ArraySlice<UInt8>, length: Int, to ids: inout [Int32]) {
    guard length <= Self.wordCharactersMax else {
      ids.append(vocabulary.unknown)
      return
    }
    let first = ids.count
    var start = word.startIndex
    var position = Vocabulary.Position.start
    while start < word.endIndex {
      var hash = Vocabulary.seed(position)
      var match: (id: Int32, end: Int)?
      for end in start..<min(word.endIndex, start + vocabulary.longest) {
        hash = Vocabulary.extend(hash, word[end])
        if let id = vocabulary.id(word[start...end], hash: hash, position) {
          match = (id, end + 1)
        }
      }
      guard let match else {
        ids.removeSubrange(first...)
        ids.append(vocabulary.unknown)
        return
      }
      ids.append(match.id)
      start = match.end
      position = .inside
    }
  }
}
