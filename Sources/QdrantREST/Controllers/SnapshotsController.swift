import FastJSON
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import QdrantAPI
import VectorDB

/// Snapshots of collections and of the whole server.
struct SnapshotsController: Sendable {
  let services: RESTServices

  private var folder: SnapshotFolder { services.settings.snapshotFolder }

  @Sendable func list(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (folder, owner) = (folder, try owner(context))
    let found = try await BlockingWork.run { try folder.list(of: owner) }
    return RESTResponse.ok(context) { writer in
      writer.beginArray()
      for snapshot in found { Self.write(snapshot, to: &writer) }
      writer.endArray()
    }
  }

  @Sendable func create(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (database, folder, owner) = (try services.database(), folder, try owner(context))
    return try await answer(request, context) {
      if let owner { return try await database.createSnapshot(of: owner, in: folder) }
      return try await database.createFullSnapshot(in: folder)
    } write: {
      Self.write($0, to: &$1)
    }
  }

  @Sendable func delete(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (folder, owner) = (folder, try owner(context))
    let name = try context.pathParameter("snapshot_name")
    return try await answer(request, context) {
      try await BlockingWork.run { try folder.delete(name, of: owner) }
    } write: {
      $1.bool(true)
    }
  }

  @Sendable func download(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (folder, owner) = (folder, try owner(context))
    let name = try context.pathParameter("snapshot_name")
    let (file, size) = try await BlockingWork.run {
      let file = try folder.open(name, of: owner)
      return (file, try file.size())
    }
    let body = ResponseBody(contentLength: size) { writer in
      var rest = size
      while rest > 0 {
        let count = min(rest, 512 << 10)
        let bytes = try await BlockingWork.run { try file.read(maximumCount: count) }
        guard !bytes.isEmpty else { throw CollectionError.storage("\(name) became shorter") }
        rest -= bytes.count
        try await writer.write(ByteBuffer(bytes: bytes))
      }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok, headers: [.contentType: "application/octet-stream"], body: body)
  }

  @Sendable func recover(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (database, folder, name) = (try services.database(), folder, try target(context))
    let decode = QdrantAPI.RequestDecoder.recoverSnapshot
    return try await services.bodies.withValue(of: request, decodedBy: decode) { recovery in
      if try isRemote(recovery.location) {
        let download = SnapshotDownload(
          folder: folder, limit: services.settings.maxSnapshotUploadMB << 20)
        return try await answer(request, context) {
          let file = try await download.fetch(recovery.location, apiKey: recovery.apiKey)
          defer { SnapshotUpload.remove(file) }
          try await database.recoverCollection(
            named: name, from: file.path, checksum: recovery.checksum)
        } write: {
          $1.bool(true)
        }
      }
      let location = try path(of: recovery.location)
      let path = try await BlockingWork.run { try folder.resolve(location) }
      return try await answer(request, context) {
        try await database.recoverCollection(
          named: name, from: path, checksum: recovery.checksum)
      } write: {
        $1.bool(true)
      }
    }
  }

  @Sendable func upload(
    _ request: Request, _ context: RESTContext
  ) async throws -> Response {
    let (database, name) = (try services.database(), try target(context))
    let fields = QueryFields(request)
    _ = try fields.bool("wait")
    if let priority = fields["priority"], !SnapshotRecovery.priorities.contains(priority) {
      throw QueryFields.malformed(
        "unknown variant `\(priority)`, expected one of `no_sync`, `snapshot`, `replica`")
    }
    let checksum = fields["checksum"]
    let receiver = SnapshotUpload(
      folder: folder, limit: services.settings.maxSnapshotUploadMB << 20)
    let file = try await receiver.receive(request)
    return try await answer(request, context) {
      defer { SnapshotUpload.remove(file) }
      try await database.recoverCollection(named: name, from: file.path, checksum: checksum)
    } write: {
      $1.bool(true)
    }
  }

  /// Does the work and answers with what it made; with `wait=false` it answers 202 at once, and
  /// what goes wrong is only logged.
  private func answer<Value: Sendable>(
    _ request: Request, _ context: RESTContext,
    _ work: @escaping @Sendable () async throws -> Value,
    write: (Value, inout JSONWriter) -> Void
  ) async throws -> Response {
    if try QueryFields(request).bool("wait") ?? true {
      let value = try await work()
      return RESTResponse.ok(context) { write(value, &$0) }
    }
    let (logger, path) = (services.logger, request.uri.path)
    Task.detached {
      do {
        _ = try await work()
      } catch {
        logger.error("snapshot work failed", metadata: ["path": "\(path)", "reason": "\(error)"])
      }
    }
    return RESTResponse.json(
      .accepted, ResponseEnvelope.accepted(seconds: context.elapsedSeconds))
  }

  /// The collection whose snapshots the path is about, which must exist; `nil` for the server's.
  private func owner(_ context: RESTContext) throws -> String? {
    guard context.has("collection_name") else {
      _ = try services.database()
      return nil
    }
    return try services.collection(context).name
  }

  /// The collection to recover, whose name must be a good one when there is none yet.
  private func target(_ context: RESTContext) throws -> String {
    if let existing = try? services.collection(context) { return existing.name }
    return try context.collectionName(strict: true)
  }

  /// Whether a location is on another server, which has to be allowed.
  private func isRemote(_ location: String) throws(RESTError) -> Bool {
    guard location.hasPrefix("http://") || location.hasPrefix("https://") else { return false }
    guard services.settings.enableSnapshotURLRecovery else {
      throw RESTError(
        .forbidden,
        """
        Forbidden: recovering from a URL is switched off \
        (`service.enable_snapshot_url_recovery`); upload the snapshot instead
        """)
    }
    return true
  }

  /// The file that a location names.
  private func path(of location: String) throws(RESTError) -> String {
    if location.hasPrefix("file://") {
      let rest = String(location.dropFirst("file://".count))
      guard rest.hasPrefix("/"), let path = PercentDecoding.decode(rest) else {
        throw RESTError(
          .badRequest, "Bad request: Invalid snapshot URI, file path expected: \(location)")
      }
      return path
    }
    throw RESTError(
      .badRequest, "Bad request: the location `\(location)` is neither a file nor an HTTP URL")
  }

  private static func write(_ snapshot: SnapshotDescription, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("name")
    writer.string(snapshot.name)
    writer.key("creation_time")
    writer.string(snapshot.creationTime)
    writer.key("size")
    writer.integer(snapshot.size)
    writer.key("checksum")
    if let checksum = snapshot.checksum { writer.string(checksum) } else { writer.null() }
    writer.endObject()
  }
}
