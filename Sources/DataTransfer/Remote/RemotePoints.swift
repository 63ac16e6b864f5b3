import FastJSON
package import HTTPTransfer
package import QdrantClient

/// The points of one collection on one server, with what goes wrong in a transfer's terms.
struct RemotePoints: Sendable {
  let remote: QdrantCollection

  /// The collection called `collection`.
  init(server: QdrantServer, collection: String) {
    remote = QdrantCollection(collection, on: server)
  }

  var server: QdrantServer { remote.server }
  var collection: String { remote.name }

  /// What the server tells about the collection; `nil` when there is none.
  func description() async throws(TransferError) -> JSONElement? {
    try await TransferError.of { () async throws(QdrantClientError) in
      try await remote.description()
    }
  }

  /// The exact number of points.
  func count() async throws(TransferError) -> Int {
    try await TransferError.of { () async throws(QdrantClientError) in try await remote.count() }
  }

  /// Stores the points of a body that ``UploadBody`` made; returns when they are durable.
  func upsert(_ body: [UInt8]) async throws(TransferError) {
    try await TransferError.of { () async throws(QdrantClientError) in
      try await remote.upsert(body: body)
    }
  }

  /// Whether the point with this id, as JSON, is there.
  func contains(_ id: [UInt8]) async throws(TransferError) -> Bool {
    try await TransferError.of { () async throws(QdrantClientError) in
      try await remote.contains(id)
    }
  }

  /// A page of points.
  func scroll(_ body: [UInt8]) async throws(TransferError) -> JSONElement {
    try await TransferError.of { () async throws(QdrantClientError) in
      try await remote.scroll(body)
    }
  }

  /// Makes the collection and its payload indexes.
  ///
  /// A payload index that the server refuses is passed to `note`: searches answer the same
  /// without it, only slower.
  func create(
    _ blueprint: CollectionBlueprint, note: (String) -> Void
  ) async throws(TransferError) {
    try await TransferError.of { () async throws(QdrantClientError) in
      try await remote.create(blueprint.configuration)
    }
    for index in blueprint.indexes {
      do throws(TransferError) {
        try await TransferError.of { () async throws(QdrantClientError) in
          try await remote.createIndex(of: index.field, schema: index.schema)
        }
      } catch {
        guard case .refused(_, let status, let reason) = error, [400, 404, 422].contains(status)
        else { throw error }
        note("\(collection): payload index on `\(index.field)` not made: \(reason)")
      }
    }
  }
}

extension JSONElement {
  /// The value of a member; `nil` when there is none, or this is no object.
  subscript(key: String) -> JSONElement? { object?[key] }
}

/// Where points are moved from and to.
extension QdrantServer {
  /// The server at `url`, which wants `key` if any. One that is being restarted is waited for,
  /// about a minute.
  package static func patient(
    url: String, key: String?, client: HTTPClient, limits: TransferLimits = TransferLimits()
  ) -> QdrantServer {
    QdrantServer(
      JSONEndpoint(
        client: client, base: url, credential: key.map { .apiKey($0) }, agent: "quiver",
        timeout: .seconds(limits.requestSeconds),
        retry: .qdrant(attempts: limits.attempts, firstWait: 0.5, longestWait: limits.waitSeconds),
        replyBytes: limits.answerBytes))
  }
}
