import FastJSON
import HTTPTypes
import Hummingbird
import NIOCore
import QdrantAPI
import QdrantService
import TransportBase
import VectorDB

/// Snapshots of collections, of their shards and of the whole server.
struct SnapshotsController: Sendable {
  let services: RESTServices

  /// What a location begins with that names one of the listed snapshots: of our own, for those who
  /// do not know where the server keeps its files.
  private static let ownSnapshot = "snapshot:"

  private var folder: SnapshotFolder { services.api.snapshotFolder }

  /// With `?progress=true` the answer also has a member `running`, of our own, which clients pass
  /// over: what is being made or recovered, and how far it is.
  @Sendable func list(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (owner, call) = (try context.owner(), context.call())
    let found = try await services.api.snapshots(of: owner, call)
    let tellsProgress = try QueryFields(request).bool("progress") ?? false
    let running = tellsProgress ? try services.api.snapshotProgress(of: owner, call) : nil
    // Nobody bounds how many there are.
    return try await BlockingWork.run {
      RESTResponse.ok(context) { writer in
        writer.beginArray()
        for snapshot in found { Self.write(snapshot, to: &writer) }
        writer.endArray()
        guard let running else { return }
        writer.key("running")
        writer.beginArray()
        for work in running { Self.write(work, to: &writer) }
        writer.endArray()
      }
    }
  }

  @Sendable func create(_ request: Request, _ context: RESTContext) async throws -> Response {
    let made = try await services.api.createSnapshot(
      of: context.owner(), wait: wait(request), context.call())
    guard let made else { return RESTResponse.accepted(context) }
    return RESTResponse.ok(context) { Self.write(made, to: &$0) }
  }

  @Sendable func delete(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.pathParameter("snapshot_name")
    let isDone = try await services.api.deleteSnapshot(
      name, of: context.owner(), wait: wait(request), context.call())
    return isDone ? RESTResponse.ok(context) { $0.bool(true) } : RESTResponse.accepted(context)
  }

  @Sendable func download(_ request: Request, _ context: RESTContext) async throws -> Response {
    let name = try context.pathParameter("snapshot_name")
    let (file, size) = try await services.api.openSnapshot(
      name, of: context.owner(), context.call())
    var headers: HTTPFields = [.acceptRanges: "bytes"]
    switch ByteRange(request.head, size: size) {
    case .whole: return Self.answer(.ok, headers, file, 0..<size)
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
      return Self.answer(.partialContent, headers, file, range)
    case .beyond:
      headers[.contentRange] = "bytes */\(size)"
      return Response(status: .rangeNotSatisfiable, headers: headers)
    }
  }

  /// A snapshot of a shard that is made for this answer, and kept nowhere.
  @Sendable func stream(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (file, size) = try await services.api.freshSnapshot(
      ofShard: context.shard(), of: context.collectionName(), context.call())
    return Self.answer(.ok, [:], file, 0..<size)
  }

  private static func answer(
    _ status: HTTPResponse.Status, _ headers: HTTPFields, _ file: SnapshotFile, _ range: Range<Int>
  ) -> Response {
    let body = ResponseBody(contentLength: range.count) { writer in
      var rest = range
      while !rest.isEmpty {
        let (first, count) = (rest.lowerBound, min(rest.count, 512 << 10))
        let bytes = try await BlockingWork.run { try file.read(at: first, count: count) }
        guard !bytes.isEmpty else { throw CollectionError.storage("a snapshot became shorter") }
        rest = first + bytes.count..<range.upperBound
        try await writer.write(ByteBuffer(bytes: bytes))
      }
      try await writer.finish(nil)
    }
    var headers = headers
    headers[.contentType] = "application/octet-stream"
    return Response(status: status, headers: headers, body: body)
  }

  @Sendable func recover(_ request: Request, _ context: RESTContext) async throws -> Response {
    let owner = try target(context)
    let decode = QdrantAPI.RequestDecoder.recoverSnapshot
    return try await services.bodies.withValue(of: request, context.call(), decodedBy: decode) {
      recovery in
      let isDone = try await services.api.recover(
        owner, from: source(of: recovery, owner), checksum: recovery.checksum,
        wait: wait(request), context.call())
      return isDone ? RESTResponse.ok(context) { $0.bool(true) } : RESTResponse.accepted(context)
    }
  }

  @Sendable func upload(_ request: Request, _ context: RESTContext) async throws -> Response {
    let owner = try target(context)
    let fields = QueryFields(request)
    let wait = try wait(request)
    if let priority = try fields.value("priority"), !SnapshotRecovery.priorities.contains(priority)
    {
      throw QueryFields.malformed(
        "unknown variant `\(priority)`, expected one of `no_sync`, `snapshot`, `replica`")
    }
    let checksum = try fields.value("checksum")
    if let fault = checksum.flatMap({ SnapshotRecovery.fault(inChecksum: $0) }) {
      throw RESTError.validation("query parameters", field: "checksum", fault)
    }
    let receiver = SnapshotUpload(
      folder: folder, limit: services.settings.maxSnapshotUploadMB << 20)
    let file = try await receiver.receive(request, context.call())
    let isDone = try await services.api.recover(
      owner, from: .delivered { file }, checksum: checksum, wait: wait, context.call())
    return isDone ? RESTResponse.ok(context) { $0.bool(true) } : RESTResponse.accepted(context)
  }

  func wait(_ request: Request) throws(RESTError) -> Bool {
    try QueryFields(request).bool("wait") ?? true
  }

  /// What is to be recovered, asked for before anything of the body is read.
  func target(_ context: RESTContext) throws -> SnapshotOwner {
    let owner = try context.owner()
    try services.api.checkRecovery(of: owner, context.call())
    return owner
  }

  func remote(_ url: String, apiKey: String?) -> SnapshotSource {
    let download = SnapshotDownload(
      folder: folder, limit: services.settings.maxSnapshotUploadMB << 20,
      trust: services.settings.peerTrust)
    return .delivered { () async throws(ServiceError) in
      try await download.fetch(url, apiKey: apiKey)
    }
  }

  private func source(
    of recovery: SnapshotRecovery, _ owner: SnapshotOwner
  ) throws(RESTError) -> SnapshotSource {
    if try isRemote(recovery.location) {
      return remote(recovery.location, apiKey: recovery.apiKey)
    }
    if recovery.location.hasPrefix(Self.ownSnapshot) {
      return .name(String(recovery.location.dropFirst(Self.ownSnapshot.count)))
    }
    // A shard's snapshots may be told by their names.
    if case .shard = owner, !recovery.location.contains("/") { return .name(recovery.location) }
    return .path(try path(of: recovery.location))
  }

  /// Whether a location is on another server, which has to be allowed.
  func isRemote(_ location: String) throws(RESTError) -> Bool {
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
      var rest = location.dropFirst("file://".count)
      if rest.hasPrefix("localhost/") { rest = rest.dropFirst("localhost".count) }
      guard rest.hasPrefix("/"), let path = PercentDecoding.decode(String(rest)) else {
        throw RESTError(
          .badRequest,
          "Bad request: Invalid snapshot URI, file path must be absolute or on localhost")
      }
      return path
    }
    throw RESTError(
      .badRequest, "Bad request: the location `\(location)` is neither a file nor an HTTP URL")
  }

  private static func write(_ work: SnapshotProgress, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("kind")
    writer.string(work.kind.rawValue)
    writer.key("progress")
    writer.double(work.share)
    writer.endObject()
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

extension RESTContext {
  /// Whose snapshots the path is about.
  func owner() throws(RESTError) -> SnapshotOwner {
    guard has("collection_name") else { return .server }
    let name = try collectionName()
    return has("shard_id") ? .shard(try shard(), of: name) : .collection(name)
  }

  /// The number of a shard in the path.
  func shard() throws(RESTError) -> UInt32 {
    let text = try pathParameter("shard_id")
    guard let shard = UInt32(text) else {
      throw RESTError(
        .badRequest, "Deserialize error in path parameters: can not parse \"\(text)\" to a u32")
    }
    return shard
  }
}
