import Foundation
import SeededRandom
import SentenceEmbedding
import Testing

@Suite struct UnigramTokenizerTests {
  private static func pieces(_ list: [(String, Float)]) -> PackedModelFile.Pieces {
    var pieces = PackedModelFile.Pieces()
    pieces.starts = [0]
    for (text, score) in [("<s>", 0), ("</s>", 0), ("<unk>", 0)] + list {
      pieces.bytes += Array(text.utf8)
      pieces.starts.append(UInt32(pieces.bytes.count))
      pieces.scores.append(score)
    }
    (pieces.beginning, pieces.end, pieces.unknown) = (0, 1, 2)
    pieces.replacements = [0x9: [" "], 0xfb01: ["f", "i"], 0x200b: []]
    return pieces
  }

  private static let known: [(String, Float)] = [
    ("\u{2581}", -3), ("a", -4), ("b", -4), ("ab", -5), ("\u{2581}ab", -9), ("\u{2581}a", -6),
    ("ba", -6.5), ("bab", -7), ("fi", -5), ("é", -6),
  ]

  /// The best score of all ways to make up a word, tried one by one.
  private static func best(_ word: String) -> Float {
    if word.isEmpty { return 0 }
    let scores: [Float] = known.compactMap { piece, score in
      word.hasPrefix(piece) ? score + best(String(word.dropFirst(piece.count))) : nil
    }
    return scores.max() ?? -.infinity
  }

  @Test func `a word becomes its most likely pieces`() {
    let seed: UInt64 = 11
    print("unigram seed: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let tokenizer = UnigramTokenizer(Self.pieces(Self.known), prefixes: [:])
    for _ in 0..<200 {
      let count = Int.random(in: 1...9, using: &generator)
      let word = String((0..<count).map { _ in Bool.random(using: &generator) ? "a" : "b" })
      let ids = tokenizer.encode(word, as: .passage)
      #expect(ids.first == 0 && ids.last == 1)
      let found = ids.dropFirst().dropLast().map { Self.known[Int($0) - 3] }
      #expect(found.map(\.0).joined() == "\u{2581}" + word)
      let score = found.reduce(Float(0)) { $0 + $1.1 }
      #expect(abs(score - Self.best("\u{2581}" + word)) < 1e-3, "word: \(word)")
    }
  }

  @Test func `white space, compatible forms and the unknown are treated as the model says`() {
    let tokenizer = UnigramTokenizer(Self.pieces(Self.known), prefixes: [.question: "ba"])
    func ids(_ text: String) -> [Int32] {
      Array(tokenizer.encode(text, as: .passage).dropFirst().dropLast())
    }
    #expect(ids("  ab \t ab  ") == ids("ab ab"))
    #expect(ids("\u{fb01}") == ids("fi"))
    #expect(ids("a\u{200b}b") == ids("ab"))
    #expect(ids("").isEmpty)
    // What no piece has is one token, however much of it there is; bytes are never torn apart.
    #expect(ids("漢字").filter { $0 == 2 }.count == 1)
    #expect(ids("é") == [3, 12])
    #expect(tokenizer.encode("a", as: .question).count == tokenizer.frame + 1)
    #expect(tokenizer.encode("a", as: .passage).count == 3)
    #expect(tokenizer.count("a") == 1)
  }

  @Test func `a limit cuts the text and keeps its frame`() {
    let tokenizer = UnigramTokenizer(Self.pieces(Self.known), prefixes: [.question: "ba"])
    let whole = tokenizer.encode("ab ab ab ab ab", as: .question)
    let cut = tokenizer.encode("ab ab ab ab ab", as: .question, limit: whole.count - 3)
    #expect(cut.count == whole.count - 3)
    #expect(cut.dropLast().elementsEqual(whole.prefix(cut.count - 1)))
    #expect(cut.last == 1)
    let word = String(repeating: "ab", count: 100_000)
    #expect(tokenizer.encode(word, as: .passage, limit: 512).count == 512)
  }
}
