import PointModel

/// Brings chunks into the store; what is there already is left alone.
///
/// Works in steps, each embedded and written before the next, so that a failure keeps what was
/// done and a repetition goes on from there.
public struct UploadService: Sendable {
  private let embedder: any Embedder
  private let store: any VectorStore
  private let gate: CollectionGate
  private let naming: ChunkNaming
  private let limits: GatewayLimits

  /// A service over an embedder and a store.
  public init(
    embedder: any Embedder, store: any VectorStore, gate: CollectionGate,
    limits: GatewayLimits = .init()
  ) {
    self.embedder = embedder
    self.store = store
    self.gate = gate
    self.limits = limits
    naming = ChunkNaming(collection: store.collection)
  }

  /// Stores those of `chunks` that are new or changed.
  ///
  /// - Throws: `GatewayError`; chunks of the steps before the failure are stored.
  public func upload(_ chunks: [Chunk]) async throws(GatewayError) -> UploadReport {
    guard !chunks.isEmpty else { throw .badRequest("No chunks to upload found") }
    guard chunks.count <= limits.chunksPerUpload else {
      throw .tooLarge(
        "\(chunks.count) chunks are more than the \(limits.chunksPerUpload) that one upload may "
          + "hold; send them in parts")
    }
    do {
      return try await attempt(chunks)
    } catch .collectionMissing {
      gate.forget()
      return try await attempt(chunks)
    } catch {
      gate.forget()
      throw error
    }
  }

  private func attempt(_ chunks: [Chunk]) async throws(GatewayError) -> UploadReport {
    let identity = try await gate.openForWriting()
    var report = UploadReport()
    let accepted = accept(chunks, model: identity.model, report: &report)
    for start in stride(from: 0, to: accepted.count, by: limits.chunksPerStep) {
      let end = min(start + limits.chunksPerStep, accepted.count)
      try await step(Array(accepted[start..<end]), identity: identity, report: &report)
    }
    return report
  }

  /// Names the chunks and sorts out those without text and all but the first of one name.
  private func accept(
    _ chunks: [Chunk], model: String, report: inout UploadReport
  ) -> [IndexedChunk] {
    var accepted: [IndexedChunk] = []
    var position: [PointUUID: Int] = [:]
    for (index, chunk) in chunks.enumerated() {
      guard !chunk.pageContent.trimmed.isEmpty else {
        report.failed.append(.init(index: index, error: "page_content is empty"))
        continue
      }
      let named = IndexedChunk(
        id: naming.id(of: chunk), chunk: chunk,
        fingerprint: ChunkFingerprint(of: chunk, embeddingModel: model))
      guard let earlier = position[named.id] else {
        position[named.id] = accepted.count
        accepted.append(named)
        continue
      }
      if accepted[earlier].fingerprint == named.fingerprint {
        report.unchanged += 1
      } else {
        report.failed.append(
          .init(index: index, error: "an earlier chunk has the same chunk_id and another content"))
      }
    }
    return accepted
  }

  private func step(
    _ chunks: [IndexedChunk], identity: EmbeddingIdentity, report: inout UploadReport
  ) async throws(GatewayError) {
    let stored = try await store.fingerprints(of: chunks.map(\.id))
    var fresh: [IndexedChunk] = []
    var relabelled: [IndexedChunk] = []
    var progress = UploadReport()
    for chunk in chunks {
      switch stored[chunk.id] {
      case nil:
        fresh.append(chunk)
        progress.uploaded += 1
      case .some(nil):
        fresh.append(chunk)
        progress.updated += 1
      case .some(let found?):
        guard found.embeddingModel == identity.model else {
          throw .conflict(
            "Collection `\(store.collection)` holds vectors of the embedding model "
              + "\(found.embeddingModel), the gateway uses \(identity.model); vectors of two "
              + "models can't be compared")
        }
        if found == chunk.fingerprint {
          progress.unchanged += 1
        } else {
          progress.updated += 1
          if found.contentHash == chunk.fingerprint.contentHash {
            relabelled.append(chunk)
          } else {
            fresh.append(chunk)
          }
        }
      }
    }
    try await write(fresh, relabelled: relabelled, identity: identity)
    report.uploaded += progress.uploaded
    report.updated += progress.updated
    report.unchanged += progress.unchanged
  }

  private func write(
    _ fresh: [IndexedChunk], relabelled: [IndexedChunk], identity: EmbeddingIdentity
  ) async throws(GatewayError) {
    if !fresh.isEmpty {
      let vectors = try await embedder.embed(fresh.map(\.chunk.pageContent))
      guard vectors.count == fresh.count,
        vectors.allSatisfy({ $0.count == identity.dimension })
      else {
        throw .embeddingFailed("the number or the size of the vectors is wrong")
      }
      try await store.upsert(fresh, vectors: vectors)
    }
    if !relabelled.isEmpty { try await store.replacePayloads(relabelled) }
  }
}
