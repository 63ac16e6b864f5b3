/// The tensors of all-MiniLM-L6-v2 as pointers into the memory-mapped file. Matrices of linear
/// layers are row-major, outputs × inputs.
// SAFETY: every pointer goes into the read-only mapping that `file` keeps alive, and nothing
// writes through them.
final class MiniLMWeights: @unchecked Sendable {
  typealias Tensor = UnsafePointer<Float>

  struct Linear {
    let weight: Tensor
    let bias: Tensor
  }

  struct Norm {
    let gain: Tensor
    let offset: Tensor
  }

  struct Layer {
    let query, key, value, attentionOutput, inner, output: Linear
    let attentionNorm, outputNorm: Norm
  }

  /// vocabulary × width.
  let words: Tensor
  /// positions × width.
  let positions: Tensor
  /// 2 × width: only the first row, "first sentence", is used.
  let types: Tensor
  let embeddingNorm: Norm
  let layers: [Layer]
  private let file: SafetensorsFile

  init(path: String) throws(EmbeddingModelError) {
    let file = try SafetensorsFile(path: path)
    let width = MiniLMShape.width
    words = try Self.tensor(
      file, "embeddings.word_embeddings.weight", [MiniLMShape.vocabulary, width])
    positions = try Self.tensor(
      file, "embeddings.position_embeddings.weight", [MiniLMShape.positions, width])
    types = try Self.tensor(file, "embeddings.token_type_embeddings.weight", [2, width])
    embeddingNorm = try Self.norm(file, "embeddings.LayerNorm")
    var layers: [Layer] = []
    for index in 0..<MiniLMShape.layers {
      layers.append(try Self.layer(file, "encoder.layer.\(index)"))
    }
    self.layers = layers
    self.file = file
  }

  private static func layer(
    _ file: SafetensorsFile, _ name: String
  ) throws(EmbeddingModelError) -> Layer {
    let width = MiniLMShape.width
    let inner = MiniLMShape.innerWidth
    return Layer(
      query: try linear(file, "\(name).attention.self.query", outputs: width, inputs: width),
      key: try linear(file, "\(name).attention.self.key", outputs: width, inputs: width),
      value: try linear(file, "\(name).attention.self.value", outputs: width, inputs: width),
      attentionOutput: try linear(
        file, "\(name).attention.output.dense", outputs: width, inputs: width),
      inner: try linear(file, "\(name).intermediate.dense", outputs: inner, inputs: width),
      output: try linear(file, "\(name).output.dense", outputs: width, inputs: inner),
      attentionNorm: try norm(file, "\(name).attention.output.LayerNorm"),
      outputNorm: try norm(file, "\(name).output.LayerNorm"))
  }

  private static func linear(
    _ file: SafetensorsFile, _ name: String, outputs: Int, inputs: Int
  ) throws(EmbeddingModelError) -> Linear {
    Linear(
      weight: try tensor(file, "\(name).weight", [outputs, inputs]),
      bias: try tensor(file, "\(name).bias", [outputs]))
  }

  private static func norm(
    _ file: SafetensorsFile, _ name: String
  ) throws(EmbeddingModelError) -> Norm {
    Norm(
      gain: try tensor(file, "\(name).weight", [MiniLMShape.width]),
      offset: try tensor(file, "\(name).bias", [MiniLMShape.width]))
  }

  private static func tensor(
    _ file: SafetensorsFile, _ name: String, _ shape: [Int]
  ) throws(EmbeddingModelError) -> Tensor {
    guard let base = try file.floats(name, shape: shape).baseAddress else {
      throw .damaged(path: file.path, reason: "tensor \(name) is empty")
    }
    return base
  }
}
