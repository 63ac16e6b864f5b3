import RAGGateway
import Synchronization

/// Vectors by feature hashing: the same words give near vectors, every time and everywhere.
final class HashingEmbedder: Embedder {
  let dimension: Int
  let model: String
  let similarityThreshold: Float = 0.3
  private let log = Mutex<[[String]]>([])
  private let failure: GatewayError?

  init(dimension: Int = 64, model: String = "hashing", failure: GatewayError? = nil) {
    self.dimension = dimension
    self.model = model
    self.failure = failure
  }

  /// The calls so far.
  var calls: [[String]] { log.withLock { $0 } }
  /// All texts embedded so far.
  var texts: [String] { calls.flatMap { $0 } }

  func identity() async throws(GatewayError) -> EmbeddingIdentity {
    EmbeddingIdentity(provider: "test", model: model, dimension: dimension)
  }

  func embed(_ texts: [String]) async throws(GatewayError) -> [[Float]] {
    if let failure { throw failure }
    log.withLock { $0.append(texts) }
    return texts.map { vector(of: $0) }
  }

  func checkReadiness() async throws(GatewayError) {
    if let failure { throw failure }
  }

  func vector(of text: String) -> [Float] {
    var vector = [Float](repeating: 0, count: dimension)
    for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      vector[Int(hash % UInt64(dimension))] += 1
    }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? vector.map { $0 / length } : vector
  }
}
