import Foundation
import SentenceEmbedding
import Testing

/// Where the tests find the weights and their own golden files.
enum ModelFolder {
  static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  static func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    let data = try Data(contentsOf: tests.appendingPathComponent("Golden/\(name)"))
    return try JSONDecoder().decode(type, from: data)
  }

  /// `$EMBEDDINGS__MODEL_PATH`, or the folder that scripts/fetch-model fills.
  static func path() throws -> String {
    let path =
      ProcessInfo.processInfo.environment["EMBEDDINGS__MODEL_PATH"]
      ?? tests.appendingPathComponent("../../.quiver/models/all-MiniLM-L6-v2").standardized.path
    for file in ["model.safetensors", "vocab.txt"] {
      try #require(
        FileManager.default.fileExists(atPath: "\(path)/\(file)"),
        "\(path)/\(file) is missing: run scripts/fetch-model first")
    }
    return path
  }

  static func tokenizer() throws -> WordPieceTokenizer {
    try WordPieceTokenizer(vocabularyPath: "\(path())/vocab.txt", size: 30_522)
  }
}
