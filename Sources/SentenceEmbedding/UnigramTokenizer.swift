/// SentencePiece's unigram tokenizer, as XLM-RoBERTa has it: a word becomes the pieces whose
/// probabilities have the greatest product (Kudo, "Subword Regularization", 2018, section 3.2).
///
/// Characters are replaced first as the model says, which brings compatible forms together; a word
/// begins with "▁".
package struct UnigramTokenizer: Sendable {
  private static let space = Array("\u{2581}".utf8)
  /// How much less likely than the least likely piece a character is that no piece has.
  private static let unknownPenalty: Float = 10

  private let pieces: PackedModelFile.Pieces
  private let longest: Int
  private let unknownScore: Float
  /// Open addressing; a power of two at least twice the number of pieces; -1 is an empty slot.
  private let slots: [Int32]
  /// Between the beginning and a text.
  private var prefixes: [TextRole: [Int32]] = [:]

  /// A tokenizer of these pieces that puts a word before questions and another before passages.
  package init(_ pieces: PackedModelFile.Pieces, prefixes: [TextRole: String]) {
    self.pieces = pieces
    let count = pieces.scores.count
    longest =
      zip(pieces.starts, pieces.starts.dropFirst()).map { Int($1 - $0) }.max() ?? 0
    unknownScore = (pieces.scores.min() ?? 0) - Self.unknownPenalty
    var capacity = 2
    while capacity < 2 * count { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    for id in 0..<count {
      let piece = pieces.bytes[Int(pieces.starts[id])..<Int(pieces.starts[id + 1])]
      guard !piece.isEmpty else { continue }
      var slot = Self.slot(piece.reduce(Vocabulary.seed(.start), Vocabulary.extend), capacity)
      while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = Int32(id)
    }
    self.slots = slots
    let plain = self
    self.prefixes = prefixes.mapValues { plain.ids(of: $0, limit: .max) }
  }

  /// Tokens before the longest prefix and around a text that are no part of it.
  package var frame: Int { 2 + (prefixes.values.map(\.count).max() ?? 0) }

  /// The token ids of `text` with its prefix, between those that begin and end a text, at most
  /// `limit` in all: what does not fit is cut off.
  package func encode(_ text: String, as role: TextRole, limit: Int = .max) -> [Int32] {
    let prefix = prefixes[role] ?? []
    let room = limit == .max ? Int.max : max(0, limit - 2 - prefix.count)
    return [pieces.beginning] + prefix + ids(of: text, limit: room) + [pieces.end]
  }

  /// The number of tokens of a text by itself.
  package func count(_ text: String) -> Int { ids(of: text, limit: .max).count }

  private func ids(of text: String, limit: Int) -> [Int32] {
    var ids: [Int32] = []
    var word: [UInt8] = []
    func finish() {
      guard !word.isEmpty else { return }
      append(Self.space + word, to: &ids)
      word.removeAll(keepingCapacity: true)
    }
    func take(_ scalar: Unicode.Scalar) {
      if scalar == " " { finish() } else { UTF8.encode(scalar).map { word += $0 } }
    }
    for scalar in text.unicodeScalars {
      if let replacement = pieces.replacements[scalar.value] {
        replacement.forEach(take)
      } else {
        take(scalar)
      }
      if ids.count >= limit { break }
    }
    finish()
    return limit < ids.count ? Array(ids[..<limit]) : ids
  }

  /// The best way to make up a word: for every place the best score of what is before it, and the
  /// piece that ends there.
  private func append(_ word: [UInt8], to ids: inout [Int32]) {
    var best = [Float](repeating: -.infinity, count: word.count + 1)
    var last = [(id: Int32, start: Int)](repeating: (pieces.unknown, 0), count: word.count + 1)
    best[0] = 0
    for start in word.indices where best[start] > -.infinity {
      var hash = Vocabulary.seed(.start)
      let end = min(word.count, start + longest)
      for next in start..<end {
        hash = Vocabulary.extend(hash, word[next])
        guard let id = find(word[start...next], hash: hash) else { continue }
        let score = best[start] + pieces.scores[Int(id)]
        if score > best[next + 1] { (best[next + 1], last[next + 1]) = (score, (id, start)) }
      }
      var next = start + 1
      while next < word.count, word[next] & 0xc0 == 0x80 { next += 1 }
      let score = best[start] + unknownScore
      if score > best[next] { (best[next], last[next]) = (score, (pieces.unknown, start)) }
    }
    var found: [Int32] = []
    var place = word.count
    while place > 0 {
      // What is unknown side by side is one token.
      if last[place].id != pieces.unknown || found.last != pieces.unknown {
        found.append(last[place].id)
      }
      place = last[place].start
    }
    ids += found.reversed()
  }

  private static func slot(_ hash: UInt64, _ capacity: Int) -> Int {
    Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (capacity - 1)
  }

  private func find(_ piece: ArraySlice<UInt8>, hash: UInt64) -> Int32? {
    var slot = Self.slot(hash, slots.count)
    while slots[slot] >= 0 {
      let id = Int(slots[slot])
      let bytes = pieces.bytes[Int(pieces.starts[id])..<Int(pieces.starts[id + 1])]
      if bytes.elementsEqual(piece) { return slots[slot] }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }
}
