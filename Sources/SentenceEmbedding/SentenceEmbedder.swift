/// Turns texts into vectors with all-MiniLM-L6-v2, on the calling thread.
///
/// The model reads English best. Cosine similarity compares its vectors; as they have length 1,
/// the dot product is the same.
public final class SentenceEmbedder: Sendable {
  /// Components of every vector.
  public let dimension = MiniLMShape.width
  /// The name under which the model is published.
  public let modelName = "all-MiniLM-L6-v2"
  /// Tokens of a text that count, the two that frame it included: the rest is not read.
  public let maximumTokens = MiniLMShape.maximumTokens

  private let tokenizer: WordPieceTokenizer
  private let model: MiniLMModel

  /// Opens the model in `modelFolder`, which holds `model.safetensors` and `vocab.txt`.
  ///
  /// The weights are memory-mapped: opening is quick, and several processes share one copy. Throws
  /// when a file is missing or damaged.
  ///
  /// - Parameter isExact: whether all is computed in single precision; otherwise in bfloat16 where
  ///   the processor has instructions for it, several times as fast.
  public init(modelFolder: String, isExact: Bool = false) throws(EmbeddingModelError) {
    OpenBLAS.useOneThread
    tokenizer = try WordPieceTokenizer(
      vocabularyPath: modelFolder + "/vocab.txt", size: MiniLMShape.vocabulary)
    model = try MiniLMModel(
      weightsPath: modelFolder + "/model.safetensors", isExact: isExact)
  }

  /// The matrix and vector kernels in use, for the start-up log.
  public var kernelDescription: String {
    let loops = "loops \(EmbeddingKernels.instructionSet)"
    return model.isRounded ? "bfloat16 and bytes, \(loops)" : "\(OpenBLAS.configuration), \(loops)"
  }

  /// One vector of `dimension` components and length 1 for every text, in the order given.
  ///
  /// Blocks the calling thread for the whole computation (some milliseconds for a question, some
  /// hundred for a page), and may be called from several threads at a time. Many texts in one call
  /// are quicker than one call each. Texts longer than `maximumTokens` are cut off. Throws
  /// `notFinite` when the weights hold values that are not numbers.
  public func embed(_ texts: [String]) throws(EmbeddingModelError) -> [[Float]] {
    try model.embed(texts.map { tokenizer.encode($0, limit: maximumTokens) })
  }

  /// As `embed`, with the vectors of the tokens. Costs no more time, and 1.5 KB a token.
  public func read(_ texts: [String]) throws(EmbeddingModelError) -> [TextReading] {
    try model.read(texts.map { tokenizer.encode($0, limit: maximumTokens) })
  }

  /// The number of tokens of `text` before anything is cut off, the two that frame it included.
  public func tokenCount(_ text: String) -> Int {
    tokenizer.encode(text).count
  }
}

/// Known answers of the model: sentences with the first components of their vectors, computed with
/// an independent implementation from the same weights.
struct KnownVector {
  let text: String
  let head: [Float]

  static let all = [
    KnownVector(
      text: "How do I install a package on Debian?",
      head: [
        -0.041557, -0.021367, 0.002438, -0.095576,
        -0.020131, -0.056864, 0.027088, 0.054335,
      ]),
    KnownVector(
      text: "The weather is lovely today.",
      head: [
        0.019196, 0.120085, 0.159598, 0.067066,
        0.050075, -0.025919, 0.056468, -0.092858,
      ]),
    KnownVector(
      text: "A vector database stores embeddings and finds the nearest ones to a query.",
      head: [
        0.024412, -0.045589, -0.042513, 0.025264,
        0.011898, 0.065174, -0.011227, -0.017592,
      ]),
  ]
}

extension SentenceEmbedder {
  /// Components may differ by this much from the known answers: sums in another order give about
  /// 1e-6, bfloat16 about 1e-3, a broken matrix kernel gives far more.
  private static let tolerance: Float = 5e-3

  /// Computes a few known sentences and compares: some versions of the matrix library give wrong
  /// results on some processors, and wrong vectors are found out much later otherwise.
  ///
  /// Throws `selfCheckFailed`, with the kernels in use, when a component is off by more than 5e-3.
  public func verify() throws(EmbeddingModelError) {
    let vectors = try embed(KnownVector.all.map(\.text))
    for (known, vector) in zip(KnownVector.all, vectors) {
      for (expected, found) in zip(known.head, vector) {
        // Written so that a NaN fails as well.
        guard abs(expected - found) <= Self.tolerance else {
          throw .selfCheckFailed(
            "\"\(known.text)\" gave \(vector.prefix(known.head.count).map { $0 }), expected "
              + "\(known.head); \(kernelDescription)")
        }
      }
    }
  }
}
