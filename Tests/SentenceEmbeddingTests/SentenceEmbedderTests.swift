import Foundation
import SeededRandom
import SentenceEmbedding
import Testing

@Suite struct SentenceEmbedderTests {
  struct GoldenVector: Decodable {
    let text: String
    let vector: [Float]
  }

  static func dot(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test func `vectors equal the reference implementation's`() throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path(), isExact: true)
    let golden = try ModelFolder.golden("vectors.json", as: [GoldenVector].self)
    let vectors = try embedder.embed(golden.map(\.text))
    for (expected, found) in zip(golden, vectors) {
      #expect(found.count == 384)
      #expect(Self.dot(expected.vector, found) > 0.9999, "text: \(expected.text)")
      let worst = zip(expected.vector, found).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-4, "text: \(expected.text)")
    }
  }

  @Test func `rounded vectors are near the reference implementation's`() throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path())
    let exact = try SentenceEmbedder(modelFolder: ModelFolder.path(), isExact: true)
    let golden = try ModelFolder.golden("vectors.json", as: [GoldenVector].self)
    // Texts of all lengths, so that every remainder of tiles and of keys occurs.
    let words = golden.flatMap { $0.text.split(separator: " ").prefix(40) }.prefix(230)
    let lengths = Array(0...40) + [63, 64, 65, 100, 127, 128, 200, 230]
    let texts = lengths.map { words.prefix($0).joined(separator: " ") }
    let (read, known) = (try embedder.read(texts), try exact.read(texts))
    for (text, (expected, found)) in zip(texts, zip(known, read)) {
      #expect(Self.dot(expected.vector, found.vector) > 0.998, "text: \(text)")
      for start in stride(from: 0, to: found.tokens.count, by: 384) {
        let row = start..<start + 384
        let cosine = Self.dot(Array(expected.tokens[row]), Array(found.tokens[row]))
        #expect(cosine > 0.995, "row \(start / 384) of: \(text)")
      }
    }
    for (expected, found) in zip(golden, try embedder.embed(golden.map(\.text))) {
      #expect(Self.dot(expected.vector, found) > 0.998, "text: \(expected.text)")
    }
  }

  @Test(arguments: [true, false])
  func `the self-check passes`(isExact: Bool) throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path(), isExact: isExact)
    try embedder.verify()
    #expect(embedder.dimension == 384)
    #expect(embedder.modelName == "all-MiniLM-L6-v2")
    #expect(!isExact || embedder.kernelDescription.contains("OpenBLAS"))
  }

  @Test func `a batch gives the vectors of its texts one by one`() throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path())
    let seed: UInt64 = 99
    print("batch seed: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let words = ["index", "café", "vector", "unbelievable", "42", "漢", "a", "store", "!"]
    var texts = ["", String(repeating: "long ", count: 600)]
    for _ in 0..<18 {
      let count = Int.random(in: 0..<120, using: &generator)
      texts.append(
        (0..<count).compactMap { _ in words.randomElement(using: &generator) }
          .joined(separator: " "))
    }
    let batch = try embedder.embed(texts)
    #expect(batch.count == texts.count)
    for (text, vector) in zip(texts, batch) {
      let single = try embedder.embed([text])[0]
      let worst = zip(single, vector).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-5)
      #expect(abs(Self.dot(vector, vector) - 1) < 1e-5)
    }
    #expect(try embedder.embed([]).isEmpty)
  }

  @Test func `several threads get the same vectors`() throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path())
    let texts = (0..<8).map { "passage number \($0) about the storage of vectors" }
    let expected = try embedder.embed(texts)
    let threads = (0..<4).map { _ in
      let result = ThreadResult()
      let thread = Thread { result.finish { try embedder.embed(texts) } }
      thread.start()
      return result
    }
    for result in threads {
      #expect(try result.wait() == expected)
    }
  }

  @Test func `related texts are closer than unrelated ones`() throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path())
    let vectors = try embedder.embed([
      "How do I bake bread?", "Mix flour, water and yeast, then put the dough into the oven.",
      "The kernel maps the file into the address space of the process.",
    ])
    #expect(Self.dot(vectors[0], vectors[1]) > Self.dot(vectors[0], vectors[2]) + 0.2)
  }

  @Test func `tokens are counted beyond the limit`() throws {
    let embedder = try SentenceEmbedder(modelFolder: ModelFolder.path())
    #expect(embedder.tokenCount("") == 2)
    #expect(embedder.tokenCount("hello world") == 4)
    #expect(embedder.tokenCount(String(repeating: "word ", count: 1_000)) == 1_002)
    #expect(embedder.maximumTokens == 256)
  }

  /// A copy of the model whose first layers are overwritten with `byte`.
  static func withSpoiltModel(
    byte: UInt8, _ body: (SentenceEmbedder) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.copyItem(atPath: ModelFolder.path(), toPath: folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    let weights = folder.appendingPathComponent("model.safetensors")
    let handle = try FileHandle(forWritingTo: weights)
    try handle.seek(toOffset: 50_000_000)
    try handle.write(contentsOf: Data(repeating: byte, count: 4_000_000))
    try handle.close()
    try body(SentenceEmbedder(modelFolder: folder.path))
  }

  @Test func `the self-check finds wrong weights and names the kernel`() throws {
    try Self.withSpoiltModel(byte: 0) { embedder in
      let error = try #require(throws: EmbeddingModelError.self) { try embedder.verify() }
      guard case .selfCheckFailed(let reason) = error else {
        Issue.record("wrong error \(error)")
        return
      }
      #expect(reason.contains("OpenBLAS kernel") || reason.contains("bfloat16"))
    }
    // Bytes of ones are NaN.
    try Self.withSpoiltModel(byte: 0xFF) { embedder in
      #expect(throws: EmbeddingModelError.notFinite) { try embedder.verify() }
      #expect(throws: EmbeddingModelError.notFinite) { try embedder.embed(["a"]) }
    }
  }

  @Test func `a folder without the model is refused`() throws {
    #expect(throws: EmbeddingModelError.fileMissing(path: "/nowhere/vocab.txt")) {
      try SentenceEmbedder(modelFolder: "/nowhere")
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(
      atPath: ModelFolder.path() + "/vocab.txt", toPath: folder.path + "/vocab.txt")
    try Data(SafetensorsFileTests.bytes()).write(
      to: folder.appendingPathComponent("model.safetensors"))
    #expect(throws: EmbeddingModelError.self) { try SentenceEmbedder(modelFolder: folder.path) }
  }
}

/// The outcome of a closure that runs on a thread of its own.
// SAFETY: `outcome` is written once before the semaphore is signalled and read only after the
// wait for it.
private final class ThreadResult: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var outcome: Result<[[Float]], any Error>?

  func finish(_ body: () throws -> [[Float]]) {
    outcome = Result(catching: body)
    done.signal()
  }

  func wait() throws -> [[Float]] {
    done.wait()
    return try #require(outcome).get()
  }
}
