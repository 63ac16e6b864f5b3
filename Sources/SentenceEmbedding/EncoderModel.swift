import CEmbeddingKernels
import COpenBLAS
import Synchronization

/// The forward pass of a BERT encoder: token ids in, one unit vector a text out.
final class EncoderModel: Sendable {
  private let weights: EncoderWeights
  private let rounded: RoundedEncoder?
  private let idle = Mutex<[EncoderWorkspace]>([])

  /// Workspaces kept for later calls: more threads than this at a time are not expected.
  private static let idleMax = 8

  /// With `isExact` all is computed in single precision; otherwise in bfloat16 and bytes where the
  /// processor has instructions for it.
  init(_ weights: EncoderWeights, isExact: Bool) {
    self.weights = weights
    rounded = isExact ? nil : RoundedEncoder(weights)
  }

  /// Whether weights and activations are rounded to bfloat16.
  var isRounded: Bool { rounded != nil }

  /// The vectors of the texts with these token ids, in the order given. Every text has between 2
  /// and `EncoderShape.tokensMax` ids that the table of words has.
  func embed(_ texts: [[Int32]]) throws(EmbeddingModelError) -> [[Float]] {
    try run(texts) { hidden, row, count throws(EmbeddingModelError) in
      try pool(hidden, row: row, count: count)
    }
  }

  /// As `embed`, with the vectors of the tokens between the two that frame the text, of length 1
  /// each, one after another.
  func read(_ texts: [[Int32]]) throws(EmbeddingModelError) -> [TextReading] {
    try run(texts) { hidden, row, count throws(EmbeddingModelError) in
      let width = EncoderShape.width
      let vector = try pool(hidden, row: row, count: count)
      let inner = max(0, count - 2)
      let tokens = [Float](unsafeUninitializedCapacity: inner * width) { buffer, initialized in
        if let base = buffer.baseAddress {
          base.update(from: hidden + (row + 1) * width, count: inner * width)
          embedding_normalize_rows(base, inner, width)
        }
        initialized = inner * width
      }
      return TextReading(vector: vector, tokens: tokens)
    }
  }

  /// Runs the model and takes what `take` makes of every text's rows.
  private func run<Result>(
    _ texts: [[Int32]],
    _ take: (UnsafePointer<Float>, Int, Int) throws(EmbeddingModelError) -> Result
  ) throws(EmbeddingModelError) -> [Result] {
    let workspace = idle.withLock { $0.popLast() } ?? EncoderWorkspace(isRounded: isRounded)
    defer {
      idle.withLock { if $0.count < Self.idleMax { $0.append(workspace) } }
    }
    var results = [Result?](repeating: nil, count: texts.count)
    // Texts of like length together: a pass then holds as many as fit without a gap.
    let order = texts.indices.sorted { texts[$0].count < texts[$1].count }
    var next = 0
    while next < order.count {
      let first = next
      var rows = 0
      while next < order.count, rows + texts[order[next]].count <= EncoderWorkspace.tokensMax {
        rows += texts[order[next]].count
        next += 1
      }
      let packed = order[first..<next].map { texts[$0] }
      forward(packed, rows: rows, workspace)
      var row = 0
      for (position, text) in zip(order[first..<next], packed) {
        results[position] = try take(workspace.hidden, row, text.count)
        row += text.count
      }
    }
    return results.compactMap { $0 }
  }

  private func pool(
    _ hidden: UnsafePointer<Float>, row: Int, count: Int
  ) throws(EmbeddingModelError) -> [Float] {
    let width = EncoderShape.width
    var length: Float = 0
    let vector = [Float](unsafeUninitializedCapacity: width) { buffer, initialized in
      length = embedding_mean_pool(hidden + row * width, buffer.baseAddress, count, width)
      initialized = width
    }
    guard length.isFinite, length > 0 else { throw .notFinite }
    return vector
  }

  private func forward(_ texts: [[Int32]], rows: Int, _ space: EncoderWorkspace) {
    embedTokens(texts, rows: rows, space)
    if let rounded { return rounded.forward(texts, rows: rows, space) }
    for layer in weights.layers {
      let width = EncoderShape.width
      multiply(space.hidden, layer.query, into: space.query, rows)
      multiply(space.hidden, layer.key, into: space.key, rows)
      multiply(space.hidden, layer.value, into: space.value, rows)
      embedding_add_bias(space.query, layer.query.bias, rows, width)
      embedding_add_bias(space.key, layer.key.bias, rows, width)
      embedding_add_bias(space.value, layer.value.bias, rows, width)
      var row = 0
      for text in texts {
        attend(row: row, count: text.count, space)
        row += text.count
      }
      multiply(space.context, layer.attentionOutput, into: space.projected, rows)
      embedding_layer_norm(
        space.projected, layer.attentionOutput.bias, space.hidden, layer.attentionNorm.gain,
        layer.attentionNorm.offset, rows, width, EncoderShape.normEpsilon)
      multiply(
        space.projected, layer.inner, into: space.inner, rows, outputs: EncoderShape.innerWidth)
      embedding_gelu(space.inner, layer.inner.bias, rows, EncoderShape.innerWidth)
      multiply(space.inner, layer.output, into: space.hidden, rows, inputs: EncoderShape.innerWidth)
      embedding_layer_norm(
        space.hidden, layer.output.bias, space.projected, layer.outputNorm.gain,
        layer.outputNorm.offset, rows, width, EncoderShape.normEpsilon)
    }
  }

  /// hidden = layer_norm(word + position + type), for every token.
  private func embedTokens(_ texts: [[Int32]], rows: Int, _ space: EncoderWorkspace) {
    let width = EncoderShape.width
    var row = 0
    for text in texts {
      for id in text {
        weights.copy(word: id, to: space.hidden + row * width)
        row += 1
      }
      (space.projected + (row - text.count) * width).update(
        from: weights.positions, count: text.count * width)
    }
    embedding_layer_norm(
      space.hidden, weights.types, space.projected, weights.embeddingNorm.gain,
      weights.embeddingNorm.offset, rows, width, EncoderShape.normEpsilon)
  }

  /// output (rows × outputs) = input (rows × inputs) · weightᵀ, without the bias.
  private func multiply(
    _ input: UnsafePointer<Float>, _ linear: EncoderWeights.Linear,
    into output: UnsafeMutablePointer<Float>, _ rows: Int, outputs: Int = EncoderShape.width,
    inputs: Int = EncoderShape.width
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1,
      input, Int32(inputs), linear.weight, Int32(inputs), 0, output, Int32(outputs))
  }

  /// Attention of one text over itself: its tokens are the rows from `row` on.
  private func attend(row: Int, count: Int, _ space: EncoderWorkspace) {
    let width = EncoderShape.width
    let headWidth = EncoderShape.headWidth
    let (stride, size, depth) = (Int32(width), Int32(count), Int32(headWidth))
    let scale = 1 / Float(headWidth).squareRoot()
    for head in 0..<EncoderShape.heads {
      let offset = row * width + head * headWidth
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, size, size, depth, 1, space.query + offset, stride,
        space.key + offset, stride, 0, space.scores, size)
      embedding_softmax(space.scores, scale, count, count)
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, size, depth, size, 1, space.scores, size,
        space.value + offset, stride, 0, space.context + offset, stride)
    }
  }
}

/// What the model makes of a text.
public struct TextReading: Sendable {
  /// The vector of the whole text, of length 1.
  public let vector: [Float]
  /// The vectors of its tokens, of length 1 each, one after another, without the two that frame it.
  public let tokens: [Float]
}

/// The sizes that all models here have in common.
enum EncoderShape {
  static let width = 384
  static let heads = 12
  static let headWidth = 32
  static let innerWidth = 1536
  static let normEpsilon: Float = 1e-12
  /// Tokens of a text that a model reads.
  static let tokensMax = 512
}
