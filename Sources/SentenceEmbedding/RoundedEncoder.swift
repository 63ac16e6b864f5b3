import CEmbeddingKernels

/// The layers of a model with weights and activations rounded to bfloat16 and sums in single
/// precision, and the widest product in bytes, for processors that have instructions for both.
/// Vectors of passages keep a cosine of 0.9997 and more to those of single precision, those of a
/// few words 0.9989.
// SAFETY: the packed weights are written in `init` and only read afterwards.
final class RoundedEncoder: @unchecked Sendable {
  private struct Linear {
    let weight: UnsafeMutablePointer<UInt16>
    let bias: UnsafeMutablePointer<Float>
  }

  /// A product in bytes. Inputs are shrunk by about what the norm before them lets each component
  /// grow to, and the weights grown by it: then one step suits all components of a row.
  private struct ByteLinear {
    let weight: UnsafeMutablePointer<Int8>
    let scales, bias, shrink: UnsafeMutablePointer<Float>
    let starts: UnsafeMutablePointer<Int32>

    init(_ linear: EncoderWeights.Linear, after norm: EncoderWeights.Norm) {
      let (inputs, outputs) = (EncoderShape.width, EncoderShape.innerWidth)
      weight = .allocate(capacity: outputs * inputs)
      scales = .allocate(capacity: outputs)
      bias = .allocate(capacity: outputs)
      bias.initialize(from: linear.bias, count: outputs)
      starts = .allocate(capacity: outputs)
      shrink = .allocate(capacity: inputs)
      let grow = (0..<inputs).map { max(2.5 * abs(norm.gain[$0]) + abs(norm.offset[$0]), 1e-6) }
      for (index, factor) in grow.enumerated() { (shrink + index).initialize(to: 1 / factor) }
      embedding_pack_int8(linear.weight, grow, weight, scales, starts, outputs, inputs)
    }

    func deallocate() {
      weight.deallocate()
      starts.deallocate()
      for buffer in [scales, bias, shrink] { buffer.deallocate() }
    }
  }

  private struct Layer {
    /// Query, key and value one after another.
    let projections, attentionOutput, output: Linear
    let inner: ByteLinear
    let attentionNorm, outputNorm: EncoderWeights.Norm
  }

  private let layers: [Layer]
  /// Holds the memory that the norms lie in.
  private let source: EncoderWeights

  /// Packs the weights, which takes some ten milliseconds and 3 MB a layer; `nil` where the
  /// processor has no such instructions.
  init?(_ weights: EncoderWeights) {
    guard embedding_has_bf16() != 0 else { return nil }
    source = weights
    layers = weights.layers.map { layer in
      Layer(
        projections: Self.projections(layer),
        attentionOutput: Self.packed(layer.attentionOutput, EncoderShape.width, EncoderShape.width),
        output: Self.packed(layer.output, EncoderShape.width, EncoderShape.innerWidth),
        inner: ByteLinear(layer.inner, after: layer.attentionNorm),
        attentionNorm: layer.attentionNorm, outputNorm: layer.outputNorm)
    }
  }

  deinit {
    for layer in layers {
      for linear in [layer.projections, layer.attentionOutput, layer.output] {
        linear.weight.deallocate()
        linear.bias.deallocate()
      }
      layer.inner.deallocate()
    }
  }

  private static func packed(
    _ linear: EncoderWeights.Linear, _ outputs: Int, _ inputs: Int
  ) -> Linear {
    let weight = UnsafeMutablePointer<UInt16>.allocate(capacity: outputs * inputs)
    embedding_pack_bf16(linear.weight, 1, weight, outputs, inputs)
    let bias = UnsafeMutablePointer<Float>.allocate(capacity: outputs)
    bias.initialize(from: linear.bias, count: outputs)
    return Linear(weight: weight, bias: bias)
  }

  private static func projections(_ layer: EncoderWeights.Layer) -> Linear {
    let width = EncoderShape.width
    let weight = UnsafeMutablePointer<UInt16>.allocate(capacity: 3 * width * width)
    let bias = UnsafeMutablePointer<Float>.allocate(capacity: 3 * width)
    // The scale of the scores, and the logarithm that makes powers of two of exponentials.
    let scale = 1.442_695_04 / Float(EncoderShape.headWidth).squareRoot()
    for (place, linear) in [layer.query, layer.key, layer.value].enumerated() {
      let factor = place == 0 ? scale : 1
      embedding_pack_bf16(
        linear.weight, factor, weight + place * width * width, width, width)
      for output in 0..<width {
        (bias + place * width + output).initialize(to: linear.bias[output] * factor)
      }
    }
    return Linear(weight: weight, bias: bias)
  }

  /// Runs all layers over the embedded tokens in `space.hidden`, in place.
  func forward(_ texts: [[Int32]], rows: Int, _ space: EncoderWorkspace) {
    let width = EncoderShape.width
    let innerWidth = EncoderShape.innerWidth
    embedding_round_bf16(space.hidden, space.rounded, rows * width)
    for layer in layers {
      embedding_multiply_rounded_bf16(
        space.rounded, layer.projections.weight, layer.projections.bias, space.projections, rows,
        3 * width, width)
      var row = 0
      for text in texts {
        embedding_attend_bf16(
          space.projections + row * 3 * width, space.roundedContext + row * width, text.count,
          width, space.scratch)
        row += text.count
      }
      embedding_multiply_bf16(
        space.roundedContext, layer.attentionOutput.weight, layer.attentionOutput.bias,
        space.projected, rows, width, width)
      embedding_layer_norm_int8(
        space.projected, space.hidden, layer.attentionNorm.gain, layer.attentionNorm.offset,
        layer.inner.shrink, space.bytes, space.steps, rows, width, EncoderShape.normEpsilon)
      embedding_multiply_gelu_int8(
        space.bytes, space.steps, layer.inner.weight, layer.inner.scales, layer.inner.starts,
        layer.inner.bias, space.roundedInner, rows, innerWidth, width)
      embedding_multiply_bf16(
        space.roundedInner, layer.output.weight, layer.output.bias, space.hidden, rows, width,
        innerWidth)
      embedding_layer_norm_bf16(
        space.hidden, space.projected, layer.outputNorm.gain, layer.outputNorm.offset,
        space.rounded, rows, width, EncoderShape.normEpsilon)
    }
  }
}
