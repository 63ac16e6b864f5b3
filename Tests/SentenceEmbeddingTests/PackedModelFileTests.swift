import Foundation
import SeededRandom
import SentenceEmbedding
import Testing

@Suite struct PackedModelFileTests {
  private static let width = 384, inner = 1536

  /// A model of one layer and a handful of pieces, made of numbers of a seed.
  static func model(seed: UInt64 = 3) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes = Array("E5S1".utf8)
    func add<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
      withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
    let texts = ["<s>", "<pad>", "</s>", "<unk>", "\u{2581}", "a", "b", "\u{2581}ab"]
    let pieces = texts.joined().utf8
    for value in [1, width, 1, 12, inner, texts.count, 64, 2] { add(UInt32(value), to: &bytes) }
    add(Float(1e-12).bitPattern, to: &bytes)
    for value in [32, texts.count, 0, 2, 1, 3] { add(UInt32(value), to: &bytes) }
    add(UInt64(pieces.count), to: &bytes)
    var start: UInt32 = 0
    add(start, to: &bytes)
    for text in texts {
      start += UInt32(text.utf8.count)
      add(start, to: &bytes)
    }
    for place in texts.indices { add(Float(-place).bitPattern, to: &bytes) }
    bytes += pieces
    for value in [1, 9, 10] { add(UInt32(value), to: &bytes) }
    bytes.append(1)
    add(UInt32(0x20), to: &bytes)

    var tensors = [
      ("emb.word", true, texts.count * width), ("emb.pos", false, 64 * width),
      ("emb.type", false, 2 * width), ("emb.ln.w", false, width), ("emb.ln.b", false, width),
    ]
    for (name, outputs, inputs) in [
      ("q", width, width), ("k", width, width), ("v", width, width), ("ao", width, width),
      ("fi", inner, width), ("fo", width, inner),
    ] {
      tensors += [("l0.\(name).w", true, outputs * inputs), ("l0.\(name).b", false, outputs)]
    }
    for name in ["aln", "oln"] {
      tensors += [("l0.\(name).w", false, width), ("l0.\(name).b", false, width)]
    }
    let head = bytes.count + 4 + tensors.reduce(0) { $0 + 23 + $1.0.utf8.count }
    var data = [UInt8](repeating: 0, count: (64 - head % 64) % 64)
    add(UInt32(tensors.count), to: &bytes)
    for (name, isPacked, count) in tensors {
      let offset = head + data.count
      if isPacked {
        for _ in 0..<(count / 32) {
          // About 0.02.
          data += [0x00, 0x25] + (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        data += [UInt8](repeating: 0, count: (4 - data.count % 4) % 4)
      } else {
        let isGain = name.hasSuffix("ln.w")
        for _ in 0..<count {
          let value = isGain ? 1 : Float.random(in: -0.1...0.1, using: &generator)
          add(value.bitPattern, to: &data)
        }
      }
      add(UInt16(name.utf8.count), to: &bytes)
      bytes += name.utf8
      bytes.append(isPacked ? 1 : 0)
      add(UInt32(count), to: &bytes)
      add(UInt64(offset), to: &bytes)
      add(UInt64(isPacked ? count / 32 * 18 : count * 4), to: &bytes)
    }
    return bytes + data
  }

  private static func withFolder(
    _ bytes: [UInt8], _ body: (String) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(bytes).write(to: folder.appendingPathComponent("e5-small-q4.bin"))
    try body(folder.path)
  }

  @Test func `a small model gives vectors, rounded or not`() throws {
    try Self.withFolder(Self.model()) { folder in
      let exact = try SentenceEmbedder(modelFolder: folder, model: .multilingualE5, isExact: true)
      let quick = try SentenceEmbedder(modelFolder: folder, model: .multilingualE5)
      let texts = ["", "ab", "ab ba\tb", String(repeating: "ab ", count: 500)]
      for (known, found) in zip(try exact.embed(texts), try quick.embed(texts)) {
        #expect(abs(SentenceEmbedderTests.dot(known, known) - 1) < 1e-4)
        #expect(SentenceEmbedderTests.dot(known, found) > 0.995)
      }
      #expect(exact.modelName == "multilingual-e5-small")
      #expect(try exact.embed(["ab"]) != exact.embed(["ab"], as: .question))
      #expect(exact.tokenCount("ab ab") == 4)
      #expect(exact.maximumTokens < 64)
    }
  }

  @Test func `a file cut anywhere or of other sizes gives an error and never a crash`() throws {
    let whole = Self.model()
    var cases = stride(from: 0, to: 900, by: 7).map { Array(whole.prefix($0)) }
    cases += [Array(whole.dropLast(100_000)), Array(whole.prefix(whole.count / 2))]
    for bytes in cases {
      try Self.withFolder(bytes) { folder in
        #expect(throws: EmbeddingModelError.self, "\(bytes.count) bytes") {
          try SentenceEmbedder(modelFolder: folder, model: .multilingualE5)
        }
      }
    }
    let seed: UInt64 = 8
    print("packed seed: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      var bytes = whole
      let place = Int.random(in: 0..<800, using: &generator)
      bytes[place] = UInt8.random(in: 0...255, using: &generator)
      try Self.withFolder(bytes) { folder in
        // What is spoilt may be a score or a letter: then there is a model all the same.
        let embedder = try? SentenceEmbedder(modelFolder: folder, model: .multilingualE5)
        _ = try? embedder?.embed(["ab ba"])
      }
    }
  }

  /// Of more than `layersMax` or `tokensMax`. The mark of four bytes is followed by version, width,
  /// layers, heads, inner width, words, tokens and types.
  @Test(arguments: [(2, 64, true), (2, 65, false), (6, 512, true), (6, 513, false)])
  func `a model of too many layers or tokens is refused`(
    word: Int, value: UInt32, isTaken: Bool
  ) throws {
    var bytes = Self.model()
    withUnsafeBytes(of: value.littleEndian) {
      bytes.replaceSubrange(4 + 4 * word..<8 + 4 * word, with: $0)
    }
    try Self.withFolder(bytes) { folder in
      // Whether its layers and places are there is seen later.
      let file = try? PackedModelFile(path: folder + "/e5-small-q4.bin")
      #expect((file != nil) == isTaken)
      #expect(throws: EmbeddingModelError.self) {
        try SentenceEmbedder(modelFolder: folder, model: .multilingualE5)
      }
    }
  }

  @Test func `a folder without the model is refused`() {
    #expect(throws: EmbeddingModelError.fileMissing(path: "/nowhere/e5-small-q4.bin")) {
      try SentenceEmbedder(modelFolder: "/nowhere", model: .multilingualE5)
    }
  }
}

/// The model as it is published, where it has been fetched.
private enum MultilingualModel {
  static let folder = ModelFolder.tests
    .appendingPathComponent("../../.quiver/models/multilingual-e5-small").standardized.path

  static var isThere: Bool {
    FileManager.default.fileExists(atPath: folder + "/e5-small-q4.bin")
  }
}

@Suite(.enabled(if: MultilingualModel.isThere, "scripts/fetch-model --multilingual fetches it"))
struct MultilingualModelTests {
  @Test(arguments: [true, false])
  func `the self-check passes`(isExact: Bool) throws {
    try SentenceEmbedder(
      modelFolder: MultilingualModel.folder, model: .multilingualE5, isExact: isExact
    ).verify()
  }

  @Test func `a question finds its answer in another language`() throws {
    let embedder = try SentenceEmbedder(
      modelFolder: MultilingualModel.folder, model: .multilingualE5)
    let passages = try embedder.embed([
      "Mit apt purge wird ein Paket samt seinen Einstellungen entfernt.",
      "Хлеб пекут в печи около часа.", "Les marées sont causées par la lune.",
    ])
    let questions = try embedder.embed(
      [
        "How do I remove a package with its settings?", "How long is bread baked?",
        "Why are there tides?",
      ], as: .question)
    for (place, question) in questions.enumerated() {
      let scores = passages.map { SentenceEmbedderTests.dot(question, $0) }
      #expect(scores.max() == scores[place])
    }
  }
}
