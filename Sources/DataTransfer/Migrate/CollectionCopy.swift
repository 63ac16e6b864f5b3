import FastJSON
import QdrantClient

/// Copies one collection's points, from where it stood.
struct CollectionCopy: Sendable {
  let source: RemotePoints
  let target: RemotePoints
  let batch: Int
  let addsToExisting: Bool

  /// Makes the collection on the target unless an earlier run has.
  ///
  /// - Returns: what the source is made of.
  func prepare(
    _ record: inout MigrationRecord, _ progress: some TransferProgress
  ) async throws(TransferError) -> CollectionBlueprint {
    let name = source.collection
    guard let info = try await source.description() else {
      throw .unfit("there is no collection \(name) on \(source.server.shown)")
    }
    let blueprint = try CollectionBlueprint(describedBy: info)
    let there = try await target.description()
    if let there {
      let existing = try CollectionBlueprint(describedBy: there)
      guard existing.vectors == blueprint.vectors else {
        throw .unfit("\(target.server.shown) has a collection \(name) with other vectors")
      }
      let isOurs = record.entries[name] != nil
      guard isOurs || addsToExisting else {
        throw .unfit(
          """
          \(target.server.shown) has a collection \(name) already; drop it, or copy into it \
          with --add-to-existing
          """)
      }
    }
    if there == nil || record.entries[name] == nil { try record.begin(name) }
    if there == nil { try await target.create(blueprint) { progress.note($0) } }
    return blueprint
  }

  /// Copies what an earlier run has not.
  func run(
    _ record: inout MigrationRecord, _ progress: some TransferProgress
  ) async throws(TransferError) {
    let name = source.collection
    var entry = record.entries[name] ?? .init()
    if entry.isComplete { return }
    if entry.copied > 0 {
      progress.note("\(name): going on after \(ProgressBar.grouped(entry.copied)) points")
    }
    progress.begin("copy \(name)", total: try await source.count())
    progress.advance(done: entry.copied, points: entry.copied)
    var pages = PointPages(of: source, limit: batch, from: entry.next)
    var current = try await pages.next()
    while let page = current {
      let upload = Task { () -> Result<Void, TransferError> in await store(page.points) }
      // The next page is fetched while this one is stored.
      let next: Result<PointPages.Page?, TransferError>
      do throws(TransferError) {
        next = .success(try await pages.next())
      } catch {
        next = .failure(error)
      }
      try await upload.value.get()
      entry.copied += page.points.count
      entry.next = page.next
      entry.isComplete = page.next == nil
      try record.set(name, entry)
      progress.advance(done: entry.copied, points: entry.copied)
      current = try next.get()
    }
    progress.end()
  }

  private func store(_ points: JSONArray) async -> Result<Void, TransferError> {
    let limit = TransferLimits().uploadBytes
    do throws(TransferError) {
      var body = UploadBody()
      for point in points {
        body.add(point)
        guard body.byteCount >= limit else { continue }
        try await target.upsert(body.finish())
        body = UploadBody()
      }
      if body.count > 0 { try await target.upsert(body.finish()) }
      return .success(())
    } catch {
      return .failure(error)
    }
  }
}
