import FastJSON
package import HTTPTransfer
import Synchronization

/// Embeds with any OpenAI-compatible `/embeddings`.
///
/// Texts go in batches, a few requests at a time; a failed batch is retried alone, one that the
/// provider finds too long is halved.
public final class OpenAIEmbedder: Embedder {
  /// Characters of the texts that a provider is sent in one request, about 8,000 tokens.
  private static let batchCharactersMax = 32_000

  private let endpoint: JSONEndpoint
  private let model: String
  private let expectedDimension: Int?
  private let batch: Int
  private let concurrency: Int
  private let figures: GatewayFigures
  private let knownDimension = Mutex<Int?>(nil)

  /// An embedder for `model`, whose vectors must have `expectedDimension` components where given.
  package init(
    endpoint: JSONEndpoint, model: String, expectedDimension: Int?, batch: Int, concurrency: Int,
    figures: GatewayFigures = .init()
  ) {
    self.endpoint = endpoint
    self.model = model
    self.expectedDimension = expectedDimension
    self.batch = batch
    self.concurrency = concurrency
    self.figures = figures
  }

  /// The usual threshold of the model's family.
  public var similarityThreshold: Float { SimilarityThreshold.standard(forModel: model) }

  /// The model with its dimension, learnt from one short text on the first call.
  public func identity() async throws(GatewayError) -> EmbeddingIdentity {
    let known = knownDimension.withLock { $0 }
    if let known { return identity(dimension: known) }
    let vectors = try await embed(["dimension"])
    return identity(dimension: vectors.first?.count ?? 0)
  }

  private func identity(dimension: Int) -> EmbeddingIdentity {
    EmbeddingIdentity(provider: "openai", model: model, dimension: dimension)
  }

  /// Embeds in batches; fails when the number or the size of the vectors is wrong.
  public func embed(_ texts: [String]) async throws(GatewayError) -> [[Float]] {
    guard !texts.isEmpty else { return [] }
    let batches = BatchRunner.batches(
      of: texts, count: batch, characters: Self.batchCharactersMax)
    return try await BatchRunner.run(batches, concurrency: concurrency) {
      texts in
      do throws(GatewayError) {
        return .success(try await self.request(texts))
      } catch {
        return .failure(error)
      }
    }
  }

  /// Asks for the list of models, which costs nothing; providers without one count as ready.
  public func checkReadiness() async throws(GatewayError) {
    let reply = try await send(.get, "/models", body: nil)
    if reply.status == 401 || reply.status == 403 || reply.status >= 500 {
      throw .embeddingFailed(reply.complaint)
    }
  }

  private func request(_ texts: [String]) async throws(GatewayError) -> [[Float]] {
    figures.add(to: .embeddingBatches)
    figures.add(texts.count, to: .embeddingTexts)
    let reply = try await send(.post, "/embeddings", body: body(texts))
    if reply.isSuccess { return try vectors(in: reply, count: texts.count) }
    if reply.status == 429 || (reply.status == 503 && reply.retryAfter != nil) {
      let wait = Int((reply.retryAfter ?? 5).rounded(.up))
      throw .providerBusy(reply.complaint, retryAfterSeconds: max(1, wait))
    }
    let complaint = reply.complaint.lowercased()
    let isTooLong =
      reply.status == 413
      || (reply.status == 400
        && ["too long", "maximum", "context length", "too many", "too large"]
          .contains { complaint.contains($0) })
    guard isTooLong, texts.count > 1 else { throw .embeddingFailed(reply.complaint) }
    let half = texts.count / 2
    return try await request(Array(texts[..<half])) + request(Array(texts[half...]))
  }

  private func send(
    _ method: JSONEndpoint.Method, _ path: String, body: [UInt8]?
  ) async throws(GatewayError) -> EndpointReply {
    do {
      return try await endpoint.send(method, path, body: body)
    } catch {
      throw error.isUnreachable
        ? .embeddingUnreachable(error.message) : .embeddingFailed(error.message)
    }
  }

  private func body(_ texts: [String]) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("model")
    writer.string(model)
    writer.key("input")
    writer.beginArray()
    for text in texts { writer.string(text) }
    writer.endArray()
    writer.key("encoding_format")
    writer.string("float")
    // Only this family can shorten its vectors; others reject the member.
    if let expectedDimension, model.hasPrefix("text-embedding-3") {
      writer.key("dimensions")
      writer.integer(expectedDimension)
    }
    writer.endObject()
    return writer.bytes
  }

  private func vectors(
    in reply: EndpointReply, count: Int
  ) throws(GatewayError) -> [[Float]] {
    guard let document = try? JSONDocument(parsing: reply.body),
      let data = document.root.object?["data"]?.array
    else { throw .embeddingFailed("the reply of \(model) is no list of embeddings") }
    var vectors = [[Float]](repeating: [], count: count)
    for (position, element) in data.enumerated() {
      let index = element.object?["index"]?.int64.map { Int($0) } ?? position
      guard vectors.indices.contains(index), vectors[index].isEmpty else {
        throw .embeddingFailed("the reply of \(model) holds an embedding too many")
      }
      guard let values = element.object?["embedding"],
        case .copied = values.appendFloats(to: &vectors[index])
      else { throw .embeddingFailed("the reply of \(model) holds an embedding of no numbers") }
    }
    let missing = vectors.count { $0.isEmpty }
    guard missing == 0 else {
      throw .embeddingFailed("\(model) returned \(count - missing) embeddings for \(count) texts")
    }
    try checkDimension(of: vectors)
    return vectors
  }

  private func checkDimension(of vectors: [[Float]]) throws(GatewayError) {
    guard let found = vectors.first?.count else { return }
    if let expectedDimension, found != expectedDimension {
      throw .embeddingFailed(
        "\(model) makes vectors of \(found) components, "
          + "QDRANT_VECTOR_STORE__VECTOR_SIZE says \(expectedDimension)")
    }
    let known = knownDimension.withLock { known in
      known = known ?? found
      return known ?? found
    }
    guard vectors.allSatisfy({ $0.count == known }) else {
      throw .embeddingFailed("\(model) returned vectors that are not all of \(known) components")
    }
  }
}
