import Foundation
import SeededRandom
import SentenceEmbedding
import Testing

@Suite struct WordPieceTokenizerTests {
  struct GoldenTokens: Decodable {
    let text: String
    let ids: [Int32]
  }

  @Test func `ids equal the reference tokenizer's`() throws {
    let tokenizer = try ModelFolder.tokenizer()
    let cases = try ModelFolder.golden("tokens.json", as: [GoldenTokens].self)
    #expect(cases.count >= 60)
    for golden in cases {
      #expect(
        tokenizer.encode(golden.text, limit: 256) == golden.ids,
        "text: \(golden.text.debugDescription)")
    }
  }

  @Test func `an empty text is framed by two tokens`() throws {
    #expect(try ModelFolder.tokenizer().encode("") == [101, 102])
  }

  /// That is `wordCharactersMax`.
  @Test func `words of more than 100 scalars are unknown`() throws {
    let tokenizer = try ModelFolder.tokenizer()
    #expect(tokenizer.encode(String(repeating: "a", count: 101)) == [101, 100, 102])
    #expect(tokenizer.encode(String(repeating: "é", count: 101)) == [101, 100, 102])
    #expect(tokenizer.encode(String(repeating: "a", count: 100)).count > 3)
  }

  @Test func `a limit cuts the end off and keeps the frame`() throws {
    let tokenizer = try ModelFolder.tokenizer()
    let text = "an unbelievable antidisestablishmentarianism of words"
    let full = tokenizer.encode(text)
    for limit in 2...(full.count + 2) {
      let cut = tokenizer.encode(text, limit: limit)
      #expect(cut.count == min(limit, full.count))
      #expect(cut.last == 102)
      #expect(cut.dropLast() == full.prefix(cut.count - 1))
    }
  }

  @Test func `random text gives known ids within the limit`() throws {
    let tokenizer = try ModelFolder.tokenizer()
    let seed: UInt64 = 20_261_122
    print("random text seed: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let ranges: [ClosedRange<UInt32>] = [
      0...0x7F, 0...0x24F, 0x300...0x36F, 0x0...0xD7FF, 0xE000...0xFFFF, 0x1_0000...0x10_FFFF,
      0xAC00...0xD7A3, 0x4E00...0x9FFF,
    ]
    for _ in 0..<2_000 {
      var text = ""
      let range = ranges.randomElement(using: &generator) ?? 0...0x7F
      for _ in 0..<Int.random(in: 0...400, using: &generator) {
        let isSpace = Int.random(in: 0..<6, using: &generator) == 0
        let value = isSpace ? 0x20 : UInt32.random(in: range, using: &generator)
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
      }
      let ids = tokenizer.encode(text, limit: 256)
      #expect(ids.count >= 2 && ids.count <= 256)
      #expect(ids.first == 101 && ids.last == 102)
      #expect(ids.allSatisfy { $0 >= 0 && $0 < 30_522 })
      #expect(tokenizer.encode(text).prefix(ids.count - 1) == ids.dropLast())
    }
  }

  @Test func `accents, case and composition make no difference`() throws {
    let tokenizer = try ModelFolder.tokenizer()
    let plain = tokenizer.encode("angstrom resume")
    for text in [
      "Ångström Résumé", "A\u{30A}ngstro\u{308}m Re\u{301}sume\u{301}", "ÅNGSTRÖM RÉSUMÉ",
    ] {
      #expect(tokenizer.encode(text) == plain)
    }
  }

  @Test func `a damaged vocabulary is refused`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("vocab.txt").path
    #expect(throws: EmbeddingModelError.fileMissing(path: path)) {
      try WordPieceTokenizer(vocabularyPath: path, size: 3)
    }
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(throws: EmbeddingModelError.self) {
      try WordPieceTokenizer(vocabularyPath: path, size: 3)
    }
    try Data("a\nb\nc\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(
      throws: EmbeddingModelError.damaged(path: path, reason: "piece [PAD] is missing")
    ) { try WordPieceTokenizer(vocabularyPath: path, size: 3) }
    #expect(
      throws: EmbeddingModelError.damaged(path: path, reason: "3 pieces, expected 4")
    ) { try WordPieceTokenizer(vocabularyPath: path, size: 4) }
  }
}
