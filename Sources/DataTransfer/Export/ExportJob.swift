import FastJSON
import Glibc
package import QdrantClient

/// Writes all points of a collection into a `.jsonl` file, one a line in the order of their ids,
/// and beside it what makes the collection anew.
///
/// Until it is complete the file has `.partial` at the end of its name. The same command goes on
/// behind its last whole line.
package struct ExportJob: Sendable {
  /// The file to write.
  package var path: String
  /// The collection's name.
  package var collection: String
  /// Points in one request.
  package var batch = 256
  /// Whether to forget what an earlier run wrote.
  package var restarts = false

  /// An export into a file at `path`, which must not exist.
  package init(path: String, collection: String) {
    self.path = path
    self.collection = collection
  }

  /// The file with the configuration of the points in the file at `path`.
  static func configurationPath(of path: String) -> String { path + ".collection.json" }

  /// Runs to the end.
  ///
  /// - Returns: a sentence that says what was done.
  package func run(
    from server: QdrantServer, progress: some TransferProgress
  ) async throws(TransferError) -> String {
    let points = RemotePoints(server: server, collection: collection)
    guard let info = try await points.description() else {
      throw .unfit("there is no collection \(collection) on \(server.shown)")
    }
    let blueprint = try CollectionBlueprint(describedBy: info)
    guard access(path, F_OK) != 0 else {
      throw .unfit("\(path) is there already; choose another name or remove it")
    }
    let draft = PartialExport(path: path + ".partial")
    if restarts { try draft.remove() }
    let configuration = Checkpoint(path: Self.configurationPath(of: path))
    let resumed = try draft.tail()
    if resumed != nil, let saved = try configuration.load(), saved != blueprint.json {
      throw .unfit(
        """
        \(draft.path) was begun when the collection was configured otherwise; \
        --restart begins anew
        """)
    }
    try configuration.save(blueprint.json)
    let total = try await points.count()
    if let resumed {
      progress.note("going on after \(ProgressBar.grouped(resumed.count)) points")
    }
    progress.begin("export \(collection)", total: total)
    let count = try await write(draft, resumed, points, progress)
    progress.end()
    guard rename(draft.path, path) == 0 else {
      throw .file(path: path, reason: SystemError.text)
    }
    if try await points.count() != count {
      progress.note("\(collection) was written to meanwhile; the file is no exact copy")
    }
    return "\(ProgressBar.grouped(count)) points of \(collection) exported to \(path)"
  }

  private func write(
    _ draft: PartialExport, _ resumed: PartialExport.Tail?, _ points: RemotePoints,
    _ progress: some TransferProgress
  ) async throws(TransferError) -> Int {
    let file = try OutputFile(path: draft.path, append: true)
    var count = resumed?.count ?? 0
    progress.advance(done: count, points: count)
    var pages = PointPages(of: points, limit: batch, from: resumed?.lastID)
    var known = resumed?.lastID
    while let page = try await pages.next() {
      var text: [UInt8] = []
      for point in page.points {
        var writer = JSONWriter()
        point["id"]?.write(to: &writer)
        // A page begins with the point it was asked from, which the file has already.
        if let last = known, last == writer.bytes { continue }
        writer = JSONWriter()
        Self.write(point, to: &writer)
        text += writer.bytes
        text.append(0x0A)
        count += 1
      }
      known = nil
      try file.write(text)
      progress.advance(done: count, points: count)
    }
    try file.close()
    return count
  }

  private static func write(_ point: JSONElement, to writer: inout JSONWriter) {
    writer.beginObject()
    for key in ["id", "payload", "vector"] {
      guard let value = point[key] else { continue }
      writer.key(key)
      value.write(to: &writer)
    }
    writer.endObject()
  }
}
