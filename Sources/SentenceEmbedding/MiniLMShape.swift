/// The fixed sizes of all-MiniLM-L6-v2, a BERT encoder.
enum MiniLMShape {
  static let layers = 6
  static let width = 384
  static let heads = 12
  static let headWidth = 32
  static let innerWidth = 1536
  static let vocabulary = 30_522
  static let positions = 512
  static let normEpsilon: Float = 1e-12
  /// The model was trained on texts of up to this many tokens, `[CLS]` and `[SEP]` included.
  static let maximumTokens = 256
}
