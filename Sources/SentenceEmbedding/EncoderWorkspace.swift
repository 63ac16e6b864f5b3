import CEmbeddingKernels

/// The buffers of one forward pass, made once and used again by later calls.
// SAFETY: whoever took a workspace out of the pool is its only user until it is given back, so
// that no two threads touch the buffers at a time.
final class EncoderWorkspace: @unchecked Sendable {
  /// Tokens that one pass can take: enough rows to keep the matrix products efficient, few enough
  /// for the activations of a layer to stay in the cache.
  static let tokensMax = 512

  /// tokensMax × width each; those of single precision alone are one element without it.
  let hidden, projected, query, key, value, context: UnsafeMutablePointer<Float>
  /// tokensMax × innerWidth.
  let inner: UnsafeMutablePointer<Float>
  /// longest × longest: the attention of one head over one text.
  let scores: UnsafeMutablePointer<Float>
  /// tokensMax × width, 3 · width, width and innerWidth; one element without rounding.
  let rounded, projections, roundedContext, roundedInner: UnsafeMutablePointer<UInt16>
  /// tokensMax × width bytes, and a step for each row.
  let bytes: UnsafeMutablePointer<UInt8>
  let steps: UnsafeMutablePointer<Float>
  /// What the attention over one rounded text needs.
  let scratch: UnsafeMutableRawPointer

  /// The buffers of a pass in single precision, or of a rounded one.
  init(isRounded: Bool) {
    let rows = Self.tokensMax * EncoderShape.width
    let innerCount = Self.tokensMax * EncoderShape.innerWidth
    func floats(_ count: Int, _ isUsed: Bool = true) -> UnsafeMutablePointer<Float> {
      let buffer = UnsafeMutablePointer<Float>.allocate(capacity: isUsed ? count : 1)
      buffer.initialize(repeating: 0, count: isUsed ? count : 1)
      return buffer
    }
    func halves(_ count: Int) -> UnsafeMutablePointer<UInt16> {
      let buffer = UnsafeMutablePointer<UInt16>.allocate(capacity: isRounded ? count : 1)
      buffer.initialize(repeating: 0, count: isRounded ? count : 1)
      return buffer
    }
    hidden = floats(rows)
    projected = floats(rows)
    query = floats(rows, !isRounded)
    key = floats(rows, !isRounded)
    value = floats(rows, !isRounded)
    context = floats(rows, !isRounded)
    inner = floats(innerCount, !isRounded)
    scores = floats(EncoderShape.tokensMax * EncoderShape.tokensMax, !isRounded)
    rounded = halves(rows)
    projections = halves(3 * rows)
    roundedContext = halves(rows)
    roundedInner = halves(innerCount)
    bytes = .allocate(capacity: rows)
    bytes.initialize(repeating: 0, count: rows)
    steps = floats(Self.tokensMax)
    scratch = .allocate(
      byteCount: embedding_attention_scratch_bf16(EncoderShape.tokensMax), alignment: 64)
  }

  deinit {
    for buffer in [hidden, projected, query, key, value, context, inner, scores, steps] {
      buffer.deallocate()
    }
    for buffer in [rounded, projections, roundedContext, roundedInner] { buffer.deallocate() }
    bytes.deallocate()
    scratch.deallocate()
  }
}
