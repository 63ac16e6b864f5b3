import FastJSON
package import QdrantClient

/// Brings points from files into a collection.
///
/// Where it stands is kept beside the file after every acknowledged batch, so that the same
/// command goes on after whatever ended it. A batch that was stored and not noted is stored again,
/// which changes nothing.
package struct ImportJob: Sendable {
  /// A `.jsonl` or a `.npy` file.
  package var path: String
  /// Payloads of the rows of a `.npy` file.
  package var payloads: String?
  /// The collection's name.
  package var collection: String
  /// The vector that rows of a `.npy` file are; the unnamed one when `nil`.
  package var vectorName: String?
  /// The distance of a collection that is made for them.
  package var distance = "Cosine"
  /// The id of the first row of a `.npy` file.
  package var firstID: UInt64 = 0
  /// Points in one request.
  package var batch: Int?
  /// Where progress is kept; beside the file when `nil`.
  package var checkpoint: String?
  /// Whether to forget where an earlier run stood.
  package var restarts = false

  /// An import of the file at `path`.
  package init(path: String, collection: String) {
    self.path = path
    self.collection = collection
  }

  private var isMatrix: Bool { path.hasSuffix(".npy") }

  /// Runs to the end.
  ///
  /// - Returns: a sentence that says what was done.
  package func run(
    into server: QdrantServer, progress: some TransferProgress
  ) async throws(TransferError) -> String {
    var limits = TransferLimits()
    if let batch { limits.uploadPoints = max(1, batch) }
    if payloads != nil, !isMatrix { throw .unfit("--payloads goes with a .npy file only") }
    let points = RemotePoints(server: server, collection: collection)
    let record = ImportRecord(
      checkpoint: Checkpoint(path: checkpoint ?? path + ".import"), server: server.url,
      collection: collection, file: try FileIdentity(of: path))
    if restarts { try record.forget() }
    let start = try await position(record, points, progress)
    let source = try open(from: start, limits)
    try await prepare(points, source, progress)
    progress.begin("import \(collection)", total: source.total)
    let stored = try await upload(source, from: start, to: points, record, progress)
    progress.end()
    try record.forget()
    let count = try await points.count()
    return """
      \(ProgressBar.grouped(stored)) points imported into \(collection), \
      which has \(ProgressBar.grouped(count)) now
      """
  }

  private func upload(
    _ source: any PointSource, from start: ImportPosition, to points: RemotePoints,
    _ record: ImportRecord, _ progress: some TransferProgress
  ) async throws(TransferError) -> Int {
    var stored = 0
    var current = try source.nextBatch()
    progress.advance(done: source.done(at: start), points: start.records)
    while let batch = current {
      let upload = Task { () -> Result<Void, TransferError> in
        do throws(TransferError) {
          return .success(try await points.upsert(batch.body))
        } catch {
          return .failure(error)
        }
      }
      // The next batch is read while this one is on its way.
      let next: Result<PointBatch?, TransferError>
      do throws(TransferError) {
        next = .success(try source.nextBatch())
      } catch {
        next = .failure(error)
      }
      try Self.explain(await upload.value, batch)
      try record.save(batch.end, lastID: batch.lastID)
      stored += batch.count
      progress.advance(done: source.done(at: batch.end), points: batch.end.records)
      current = try next.get()
    }
    return stored
  }

  /// Names the records when the server refuses a batch.
  private static func explain(
    _ outcome: Result<Void, TransferError>, _ batch: PointBatch
  ) throws(TransferError) {
    do throws(TransferError) {
      try outcome.get()
    } catch {
      guard case .refused(let what, let status, let reason) = error else { throw error }
      let records = "records up to \(batch.end.records), \(batch.count) of them"
      throw .refused(what: "\(what) (\(records))", status: status, reason: reason)
    }
  }

  private func open(
    from start: ImportPosition, _ limits: TransferLimits
  ) throws(TransferError) -> any PointSource {
    if isMatrix {
      return try NPYSource(
        path: path, payloads: payloads, vectorName: vectorName, firstID: firstID, from: start,
        limits: limits)
    }
    return try JSONLSource(path: path, from: start, limits: limits)
  }

  /// Where to go on: behind what an earlier run noted, if that is in the collection indeed.
  private func position(
    _ record: ImportRecord, _ points: RemotePoints, _ progress: some TransferProgress
  ) async throws(TransferError) -> ImportPosition {
    guard let (position, lastID) = try record.load() else { return ImportPosition() }
    guard try await points.contains(lastID) else {
      progress.note("\(collection) has lost what an earlier run stored; beginning anew")
      return ImportPosition()
    }
    progress.note("going on after \(ProgressBar.grouped(position.records)) records")
    return position
  }

  /// Makes the collection unless it is there.
  private func prepare(
    _ points: RemotePoints, _ source: any PointSource, _ progress: some TransferProgress
  ) async throws(TransferError) {
    if try await points.description() != nil { return }
    let blueprint: CollectionBlueprint
    if let saved = try Checkpoint(path: ExportJob.configurationPath(of: path)).load() {
      blueprint = try CollectionBlueprint(json: saved)
    } else if let dimension = source.dimension {
      blueprint = CollectionBlueprint(
        size: dimension, distance: distance, vectorName: vectorName)
    } else {
      throw .unfit(
        """
        there is no collection \(collection), and the file does not tell how to make it; \
        create it first
        """)
    }
    try await points.create(blueprint) { progress.note($0) }
    progress.note("collection \(collection) made")
  }
}
