import FastJSON
package import HTTPTransfer

/// Says how well passages answer a question.
public protocol Reranker: Sendable {
  /// A score for every passage, in their order; larger is better.
  func scores(of passages: [String], for question: String) async throws(GatewayError) -> [Float]
}

/// Asks a service with the widespread `POST /rerank` (`query`, `documents`; `results` with `index`
/// and `relevance_score`).
public struct HTTPReranker: Reranker {
  private let endpoint: JSONEndpoint
  private let model: String?

  /// A reranker behind `endpoint`.
  package init(endpoint: JSONEndpoint, model: String?) {
    self.endpoint = endpoint
    self.model = model
  }

  /// One request for all passages.
  public func scores(
    of passages: [String], for question: String
  ) async throws(GatewayError) -> [Float] {
    var body: JSONObjectValue = [
      "query": .string(question), "documents": .array(passages.map { .string($0) }),
      "top_n": .integer(Int64(passages.count)), "return_documents": .bool(false),
    ]
    if let model { body["model"] = .string(model) }
    let reply: EndpointReply
    do {
      reply = try await endpoint.send(
        .post, "/rerank", body: JSONValue.object(body).serialized())
    } catch {
      throw error.isUnreachable
        ? .generationUnreachable("reranker: \(error.message)")
        : .generationFailed("reranker: \(error.message)")
    }
    guard reply.isSuccess else { throw .generationFailed("reranker: \(reply.complaint)") }
    var scores = [Float?](repeating: nil, count: passages.count)
    let results = reply.json?["results"]?.arrayValue ?? reply.json?.arrayValue ?? []
    for result in results {
      let score = result["relevance_score"]?.numberValue ?? result["score"]?.numberValue
      if let index = result["index"]?.numberValue.flatMap({ Int(exactly: $0) }), let score,
        scores.indices.contains(index)
      {
        scores[index] = Float(score)
      }
    }
    let known = scores.compactMap { $0 }
    guard known.count == passages.count else {
      throw .generationFailed(
        "reranker: \(known.count) scores for \(passages.count) passages")
    }
    return known
  }
}
