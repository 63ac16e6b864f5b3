import CEmbeddingKernels

/// The tensors of an encoder as pointers into memory-mapped files, or into memory where weights of
/// four bits were unpacked. Matrices of linear layers are row-major, outputs × inputs.
// SAFETY: pointers go into the read-only mapping that `file` keeps alive, and nothing writes
// through them, or into `unpacked`, which is written in `init` alone.
final class EncoderWeights: @unchecked Sendable {
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

  private enum Words {
    case floats(Tensor)
    case blocks(UnsafeRawPointer)
  }

  /// positions × width.
  let positions: Tensor
  /// At least one row, "first sentence", of which the others are not used.
  let types: Tensor
  let embeddingNorm: Norm
  let layers: [Layer]
  private let words: Words
  private let file: any Sendable
  private let unpacked: UnsafeMutablePointer<Float>?

  /// Of a file of floats, by the names that BERT has.
  init(_ file: SafetensorsFile, layers count: Int, vocabulary: Int) throws(EmbeddingModelError) {
    let width = EncoderShape.width
    func tensor(_ name: String, _ shape: [Int]) throws(EmbeddingModelError) -> Tensor {
      guard let base = try file.floats(name, shape: shape).baseAddress else {
        throw .damaged(path: file.path, reason: "tensor \(name) is empty")
      }
      return base
    }
    func linear(
      _ name: String, _ outputs: Int, _ inputs: Int
    ) throws(EmbeddingModelError) -> Linear {
      Linear(
        weight: try tensor("\(name).weight", [outputs, inputs]),
        bias: try tensor("\(name).bias", [outputs]))
    }
    func norm(_ name: String) throws(EmbeddingModelError) -> Norm {
      Norm(
        gain: try tensor("\(name).weight", [width]), offset: try tensor("\(name).bias", [width]))
    }
    words = .floats(try tensor("embeddings.word_embeddings.weight", [vocabulary, width]))
    positions = try tensor(
      "embeddings.position_embeddings.weight", [EncoderShape.tokensMax, width])
    types = try tensor("embeddings.token_type_embeddings.weight", [2, width])
    embeddingNorm = try norm("embeddings.LayerNorm")
    var layers: [Layer] = []
    for index in 0..<count {
      let name = "encoder.layer.\(index)"
      let inner = EncoderShape.innerWidth
      layers.append(
        Layer(
          query: try linear("\(name).attention.self.query", width, width),
          key: try linear("\(name).attention.self.key", width, width),
          value: try linear("\(name).attention.self.value", width, width),
          attentionOutput: try linear("\(name).attention.output.dense", width, width),
          inner: try linear("\(name).intermediate.dense", inner, width),
          output: try linear("\(name).output.dense", width, inner),
          attentionNorm: try norm("\(name).attention.output.LayerNorm"),
          outputNorm: try norm("\(name).output.LayerNorm")))
    }
    self.layers = layers
    self.file = file
    unpacked = nil
  }

  /// Of a file of blocks. The layers are unpacked, 7 MB each; words are as they are needed.
  init(_ file: PackedModelFile) throws(EmbeddingModelError) {
    let (width, inner) = (EncoderShape.width, EncoderShape.innerWidth)
    let perLayer = 4 * width * width + 2 * width * inner
    let unpacked = UnsafeMutablePointer<Float>.allocate(capacity: perLayer * file.layers)
    var next = unpacked
    func linear(
      _ name: String, _ outputs: Int, _ inputs: Int
    ) throws(EmbeddingModelError) -> Linear {
      let count = outputs * inputs
      embedding_unpack_4bit(try file.blocks("\(name).w", count: count), count, next)
      defer { next += count }
      return Linear(
        weight: UnsafePointer(next), bias: try file.floats("\(name).b", count: outputs))
    }
    func norm(_ name: String) throws(EmbeddingModelError) -> Norm {
      Norm(
        gain: try file.floats("\(name).w", count: width),
        offset: try file.floats("\(name).b", count: width))
    }
    do throws(EmbeddingModelError) {
      words = .blocks(try file.blocks("emb.word", count: file.vocabulary * width))
      positions = try file.floats("emb.pos", count: file.positions * width)
      types = try file.floats("emb.type", count: 2 * width)
      embeddingNorm = try norm("emb.ln")
      var layers: [Layer] = []
      for index in 0..<file.layers {
        let name = "l\(index)"
        layers.append(
          Layer(
            query: try linear("\(name).q", width, width),
            key: try linear("\(name).k", width, width),
            value: try linear("\(name).v", width, width),
            attentionOutput: try linear("\(name).ao", width, width),
            inner: try linear("\(name).fi", inner, width),
            output: try linear("\(name).fo", width, inner),
            attentionNorm: try norm("\(name).aln"), outputNorm: try norm("\(name).oln")))
      }
      self.layers = layers
    } catch {
      unpacked.deallocate()
      throw error
    }
    self.file = file
    self.unpacked = unpacked
  }

  deinit { unpacked?.deallocate() }

  /// Writes a word's row of the table.
  func copy(word: Int32, to row: UnsafeMutablePointer<Float>) {
    let width = EncoderShape.width
    switch words {
    case .floats(let table): row.update(from: table + Int(word) * width, count: width)
    case .blocks(let table):
      embedding_unpack_4bit(
        table + Int(word) * (width / 32 * PackedModelFile.blockBytes), width, row)
    }
  }
}
