import FastJSON
import HTTPTransfer
import PointModel

/// Brings chunks into the store; what is there already is left alone.
///
/// Works in steps, each embedded and written before the next, so that a failure keeps what was
/// done and a repetition goes on from there.
public struct UploadService: Sendable {
  private let embedder: any Embedder
  private let store: any VectorStore
  private let gate: CollectionGate
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
  }

  /// Stores those of `chunks` that are new or changed, as `tenant`'s.
  ///
  /// - Throws: `GatewayError`; chunks of the steps before the failure are stored.
  public func upload(
    _ chunks: [Chunk], tenant: String = ""
  ) async throws(GatewayError) -> UploadReport {
    guard !chunks.isEmpty else { throw .badRequest("No chunks to upload found") }
    guard chunks.count <= limits.chunksPerUpload else {
      throw .tooLarge(
        "\(chunks.count) chunks are more than the \(limits.chunksPerUpload) that one upload may "
          + "hold; send them in parts")
    }
    return try await gate.retrying { () async throws(GatewayError) in
      try await attempt(chunks, tenant)
    }
  }

  private func attempt(
    _ chunks: [Chunk], _ tenant: String
  ) async throws(GatewayError) -> UploadReport {
    let opened = try await gate.openForWriting()
    let maker = PointMaker(
      embedder: embedder, identity: opened.identity, recipe: opened.recipe, tenant: tenant)
    let naming = ChunkNaming(collection: store.collection, tenant: tenant)
    var report = UploadReport()
    if let remark = gate.remark { report.note(remark) }
    let accepted = accept(chunks, naming, maker, report: &report)
    for start in stride(from: 0, to: accepted.count, by: limits.chunksPerStep) {
      if let left = RequestDeadline.secondsLeft, left <= 0 { throw .outOfTime }
      let end = min(start + limits.chunksPerStep, accepted.count)
      try await step(Array(accepted[start..<end]), maker, report: &report)
    }
    return report
  }

  /// A chunk with its place in the upload.
  private struct Accepted {
    let index: Int
    var id: PointUUID
    /// The id that an earlier version gave to a chunk without one of its own.
    let earlierID: PointUUID?
    let chunk: Chunk
    let fingerprint: ChunkFingerprint
  }

  /// Names the chunks and sorts out those without text and all but the first of one name.
  private func accept(
    _ chunks: [Chunk], _ naming: ChunkNaming, _ maker: PointMaker, report: inout UploadReport
  ) -> [Accepted] {
    var accepted: [Accepted] = []
    var position: [PointUUID: Int] = [:]
    for (index, chunk) in chunks.enumerated() {
      guard !chunk.pageContent.isBlank else {
        report.failed.append(.init(index: index, error: "page_content is empty"))
        continue
      }
      let named = Accepted(
        index: index, id: naming.id(of: chunk), earlierID: naming.earlierID(of: chunk),
        chunk: chunk, fingerprint: maker.fingerprint(of: chunk))
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
    _ chunks: [Accepted], _ maker: PointMaker, report: inout UploadReport
  ) async throws(GatewayError) {
    let ids = chunks.flatMap { chunk in [chunk.id] + (chunk.earlierID.map { [$0] } ?? []) }
    let stored = try await store.fingerprints(of: ids)
    var fresh: [Accepted] = []
    var relabelled: [IndexedChunk] = []
    for var chunk in chunks {
      if let earlier = chunk.earlierID, let found = stored[earlier] ?? nil,
        found.isUnchanged(from: chunk.fingerprint)
      {
        chunk.id = earlier
      }
      guard let found = stored[chunk.id] ?? nil else {
        fresh.append(chunk)
        continue
      }
      guard found.embeddingModel == maker.identity.model else {
        throw .conflict(
          "Collection `\(store.collection)` holds vectors of the embedding model "
            + "\(found.embeddingModel), the gateway uses \(maker.identity.model); vectors of two "
            + "models can't be compared")
      }
      if found.isUnchanged(from: chunk.fingerprint) {
        report.unchanged += 1
      } else if found.embedsAs(chunk.fingerprint) {
        relabelled += maker.parts(of: chunk.chunk, id: chunk.id, count: found.parts)
        report.updated += 1
      } else {
        fresh.append(chunk)
      }
    }
    if !fresh.isEmpty { try await write(fresh, replacing: stored, maker, report: &report) }
    if !relabelled.isEmpty { try await store.relabel(relabelled) }
    if maker.tenant.isEmpty { try await removeTwins(of: chunks) }
  }

  /// Removes the points that another client made of the same chunks, under ids of its own: those
  /// with the same `chunk_id` and text and without what the gateway keeps beside them.
  private func removeTwins(of chunks: [Accepted]) async throws(GatewayError) {
    let texts = Dictionary(
      chunks.compactMap { chunk in
        chunk.chunk.chunkID.map { ($0, chunk.chunk.pageContent) }
      }, uniquingKeysWith: { first, _ in first })
    guard !texts.isEmpty else { return }
    let own = Set(chunks.map { PointID.uuid($0.id) })
    let filter = DocumentService.Selection.foreign(chunks: Array(texts.keys)).filter
    let found = try await store.list(filter, from: nil, limit: limits.pointsPerPage)
    let twins = found.chunks.filter { other in
      !own.contains(other.id) && texts[other.chunkID] == other.chunk.pageContent
    }
    if !twins.isEmpty { try await store.delete(twins.map(\.id)) }
  }

  /// Embeds and stores chunks. What the model does not take is reported chunk by chunk, unless it
  /// takes none.
  private func write(
    _ chunks: [Accepted], replacing stored: [PointUUID: ChunkFingerprint?], _ maker: PointMaker,
    report: inout UploadReport
  ) async throws(GatewayError) {
    var made: [(chunk: Accepted, points: [StorePoint])] = []
    var failures: [UploadReport.Failure] = []
    do {
      let points = try await maker.points(for: chunks.map { ($0.id, $0.chunk) })
      made = Array(zip(chunks, points)).map { (chunk: $0.0, points: $0.1) }
    } catch .embeddingFailed(let reason) {
      guard chunks.count > 1 else {
        guard report.uploaded + report.updated + report.unchanged > 0 else {
          throw .embeddingFailed(reason)
        }
        report.failed.append(.init(index: chunks[0].index, error: reason))
        return
      }
      for chunk in chunks {
        do throws(GatewayError) {
          let points = try await maker.points(for: [(chunk.id, chunk.chunk)])
          made.append((chunk: chunk, points: points.first ?? []))
        } catch .embeddingFailed(let reason) {
          failures.append(.init(index: chunk.index, error: reason))
        }
      }
      if made.isEmpty { throw .embeddingFailed(reason) }
    }
    report.failed += failures
    if let language = embedder.language,
      made.contains(where: { LanguageHint.isForeign($0.chunk.chunk.pageContent, to: language) })
    {
      report.note(LanguageHint.onPassages(language: language))
    }
    var stale: [PointID] = []
    for (chunk, points) in made {
      let before = (stored[chunk.id] ?? nil)?.parts ?? 1
      for index in points.count..<max(points.count, before) {
        stale.append(.uuid(ChunkNaming.window(index, of: chunk.id)))
      }
    }
    let points = made.flatMap(\.points)
    for start in stride(from: 0, to: points.count, by: limits.pointsPerWrite) {
      let end = min(start + limits.pointsPerWrite, points.count)
      try await store.upsert(Array(points[start..<end]))
    }
    if !stale.isEmpty { try await store.delete(stale) }
    for (chunk, _) in made {
      if stored[chunk.id] == nil { report.uploaded += 1 } else { report.updated += 1 }
    }
  }
}

/// What became of the chunks of an upload.
public struct UploadReport: Sendable, Equatable {
  /// A chunk that was not stored.
  public struct Failure: Sendable, Equatable {
    /// Its position in the upload.
    public let index: Int
    /// Why, in one sentence.
    public let error: String
  }

  /// Chunks that were not there before.
  public var uploaded = 0
  /// Chunks that were there with the same text and metadata.
  public var unchanged = 0
  /// Chunks that were there with another text or other metadata.
  public var updated = 0
  /// Chunks that were not stored.
  public var failed: [Failure] = []
  /// What is to be known about the texts that were stored, and about the collection; none twice.
  public private(set) var notices: [String] = []

  /// Nothing yet.
  public init() {}

  /// The response body.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("success")
    writer.bool(failed.isEmpty)
    writer.key("message")
    writer.string(message)
    writer.key("uploaded")
    writer.integer(uploaded)
    writer.key("unchanged")
    writer.integer(unchanged)
    writer.key("updated")
    writer.integer(updated)
    writer.key("failed")
    writer.beginArray()
    for failure in failed {
      writer.beginObject()
      writer.key("index")
      writer.integer(failure.index)
      writer.key("error")
      writer.string(failure.error)
      writer.endObject()
    }
    writer.endArray()
    if !notices.isEmpty {
      writer.key("notice")
      writer.string(notices.joined(separator: ". "))
    }
    writer.endObject()
    return writer.bytes
  }

  mutating func note(_ notice: String) {
    if !notices.contains(notice) { notices.append(notice) }
  }

  /// The report in one sentence.
  var message: String {
    var message = "\(uploaded + updated) chunks uploaded"
    if unchanged > 0 { message += ", \(unchanged) unchanged" }
    if !failed.isEmpty { message += ", \(failed.count) failed" }
    return message
  }
}
