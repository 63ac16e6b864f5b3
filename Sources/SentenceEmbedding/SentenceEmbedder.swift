/// A model that is run in this process.
public enum LocalModel: String, Sendable, CaseIterable {
  /// Reads English best. Apache-2.0.
  case miniLM = "all-MiniLM-L6-v2"
  /// Reads some hundred languages, and English less well. MIT.
  case multilingualE5 = "multilingual-e5-small"

  /// The files that are the model, in one folder.
  public var files: [String] {
    switch self {
    case .miniLM: ["vocab.txt", "model.safetensors"]
    case .multilingualE5: ["e5-small-q4.bin"]
    }
  }

  /// The language that it reads best, where it is one.
  public var language: String? { self == .miniLM ? "English" : nil }
}

/// What a text is to be: some models are told.
public enum TextRole: Sendable {
  /// A question that passages are looked for with.
  case question
  /// A text that is to be found.
  case passage
}

/// Turns texts into vectors, on the calling thread.
///
/// Cosine similarity compares its vectors; as they have length 1, the dot product is the same.
public final class SentenceEmbedder: Sendable {
  private enum Tokenizer {
    case wordPiece(WordPieceTokenizer)
    case unigram(UnigramTokenizer)
  }

  /// The model.
  public let kind: LocalModel
  /// Components of every vector.
  public let dimension = EncoderShape.width
  /// The name under which the model is published.
  public var modelName: String { kind.rawValue }
  /// Tokens of a text that count, the two that frame it included: the rest is not read.
  public let maximumTokens: Int

  private let tokenizer: Tokenizer
  private let model: EncoderModel

  /// Opens a model in `modelFolder`, which holds its files.
  ///
  /// The weights are memory-mapped: opening is quick, and several processes share one copy. Throws
  /// when a file is missing or damaged.
  ///
  /// - Parameter isExact: whether all is computed in single precision; otherwise in bfloat16 and
  ///   bytes where the processor has instructions for it, several times as fast.
  public init(
    modelFolder: String, model kind: LocalModel = .miniLM, isExact: Bool = false
  ) throws(EmbeddingModelError) {
    OpenBLAS.useOneThread
    self.kind = kind
    switch kind {
    case .miniLM:
      // Trained on texts of up to 256 tokens.
      let vocabulary = 30_522
      maximumTokens = 256
      tokenizer = .wordPiece(
        try WordPieceTokenizer(vocabularyPath: modelFolder + "/vocab.txt", size: vocabulary))
      let file = try SafetensorsFile(path: modelFolder + "/model.safetensors")
      model = EncoderModel(
        try EncoderWeights(file, layers: 6, vocabulary: vocabulary), isExact: isExact)
    case .multilingualE5:
      let file = try PackedModelFile(path: modelFolder + "/e5-small-q4.bin")
      let words = UnigramTokenizer(
        file.pieces, prefixes: [.question: "query:", .passage: "passage:"])
      tokenizer = .unigram(words)
      // What is put before a text counts as its frame.
      maximumTokens = file.positions - words.frame + 2
      model = EncoderModel(try EncoderWeights(file), isExact: isExact)
    }
  }

  private func encode(_ text: String, _ role: TextRole) -> [Int32] {
    switch tokenizer {
    case .wordPiece(let tokenizer): tokenizer.encode(text, limit: maximumTokens)
    case .unigram(let tokenizer):
      tokenizer.encode(text, as: role, limit: maximumTokens + tokenizer.frame - 2)
    }
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
  public func embed(
    _ texts: [String], as role: TextRole = .passage
  ) throws(EmbeddingModelError) -> [[Float]] {
    try model.embed(texts.map { encode($0, role) })
  }

  /// As `embed`, with the vectors of the tokens. Costs no more time, and 1.5 KB a token.
  public func read(
    _ texts: [String], as role: TextRole = .passage
  ) throws(EmbeddingModelError) -> [TextReading] {
    try model.read(texts.map { encode($0, role) })
  }

  /// The number of tokens of `text` before anything is cut off, the two that frame it included.
  public func tokenCount(_ text: String) -> Int {
    switch tokenizer {
    case .wordPiece(let tokenizer): tokenizer.encode(text).count
    case .unigram(let tokenizer): tokenizer.count(text) + 2
    }
  }
}

/// Known answers of the model: sentences with the first components of their vectors, computed with
/// an independent implementation from the same weights.
struct KnownVector {
  let text: String
  let head: [Float]

  static func all(of model: LocalModel) -> [KnownVector] {
    switch model {
    case .miniLM: english
    case .multilingualE5: multilingual
    }
  }

  private static let english = [
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

  private static let multilingual = [
    KnownVector(
      text: "How do I install a package on Debian?",
      head: [
        0.038404, -0.019546, -0.083512, -0.074079,
        0.046164, -0.094744, 0.010405, 0.069090,
      ]),
    KnownVector(
      text: "Wie entferne ich ein Paket samt seiner Einstellungen?",
      head: [
        0.057047, -0.024222, -0.060324, -0.077180,
        0.047000, -0.063215, 0.000573, 0.021205,
      ]),
    KnownVector(
      text: "Почему небо голубое?",
      head: [
        0.026840, 0.014787, -0.044804, -0.107082,
        0.045186, -0.039142, 0.011023, -0.032905,
      ]),
    KnownVector(
      text: "どうやってパンを焼きますか？",
      head: [
        0.048981, -0.025542, -0.054011, -0.081633,
        0.063598, -0.057248, 0.004345, 0.020925,
      ]),
  ]
}

extension SentenceEmbedder {
  /// Components may differ by this much from the known answers: sums in another order give about
  /// 1e-6, bfloat16 about 1e-3 and more in twelve layers, a broken matrix kernel gives far more.
  private var tolerance: Float { kind == .miniLM ? 5e-3 : 1e-2 }

  /// Computes a few known sentences and compares: some versions of the matrix library give wrong
  /// results on some processors, and wrong vectors are found out much later otherwise.
  ///
  /// Throws `selfCheckFailed`, with the kernels in use, when a component is off by more.
  public func verify() throws(EmbeddingModelError) {
    let all = KnownVector.all(of: kind)
    for (known, vector) in zip(all, try embed(all.map(\.text))) {
      for (expected, found) in zip(known.head, vector) {
        // Written so that a NaN fails as well.
        guard abs(expected - found) <= tolerance else {
          throw .selfCheckFailed(
            "\"\(known.text)\" gave \(vector.prefix(known.head.count).map { $0 }), expected "
              + "\(known.head); \(kernelDescription)")
        }
      }
    }
  }
}
