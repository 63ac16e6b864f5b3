/// The buffers of one forward pass, made once and used again by later calls.
// SAFETY: whoever took a workspace out of the pool is its only user until it is given back, so
// that no two threads touch the buffers at a time.
final class MiniLMWorkspace: @unchecked Sendable {
  /// Tokens that one pass can take: enough rows to keep the matrix products efficient, few enough
  /// for the activations of a layer to stay in the cache.
  static let capacity = 512

  /// capacity × width each.
  let hidden, query, key, value, context, projected: UnsafeMutablePointer<Float>
  /// capacity × innerWidth.
  let inner: UnsafeMutablePointer<Float>
  /// maximumTokens × maximumTokens: the attention of one head over one text.
  let scores: UnsafeMutablePointer<Float>
  private let storage: UnsafeMutablePointer<Float>

  init() {
    let rows = Self.capacity * MiniLMShape.width
    let innerCount = Self.capacity * MiniLMShape.innerWidth
    let scoreCount = MiniLMShape.maximumTokens * MiniLMShape.maximumTokens
    let count = 6 * rows + innerCount + scoreCount
    storage = .allocate(capacity: count)
    storage.initialize(repeating: 0, count: count)
    hidden = storage
    query = hidden + rows
    key = query + rows
    value = key + rows
    context = value + rows
    projected = context + rows
    inner = projected + rows
    scores = inner + innerCount
  }

  deinit {
    storage.deallocate()
  }
}
