import FastJSON
import QdrantAPI

/// The points of one collection on one server.
struct RemotePoints: Sendable {
  let server: RemoteServer
  let collection: String

  /// The path of the collection, or of something under it.
  func path(_ rest: String = "") -> String {
    "/collections/\(PathSegment.encode(collection))\(rest)"
  }

  /// What the server tells about the collection; `nil` when there is none.
  func description() async throws(TransferError) -> JSONElement? {
    do {
      return try await server.call(.get, path())
    } catch {
      if case .refused(_, 404, _) = error { return nil }
      throw error
    }
  }

  /// The exact number of points.
  func count() async throws(TransferError) -> Int {
    let result = try await server.call(
      .post, path("/points/count"), body: Array(#"{"exact":true}"#.utf8))
    guard let count = result["count"]?.int64 else {
      throw .unexpectedAnswer(what: "count of \(collection)", reason: "there is no `count`")
    }
    return Int(count)
  }

  /// Stores the points of a body that ``UploadBody`` made; returns when they are durable.
  func upsert(_ body: [UInt8]) async throws(TransferError) {
    _ = try await server.call(.put, path("/points?wait=true"), body: body)
  }

  /// Whether the point with this id, as JSON, is there.
  func contains(_ id: [UInt8]) async throws(TransferError) -> Bool {
    let body = Array(#"{"ids":["#.utf8) + id + Array(#"],"with_payload":false}"#.utf8)
    do {
      let found = try await server.call(.post, path("/points"), body: body)
      return found.array?.isEmpty == false
    } catch {
      if case .refused(_, 404, _) = error { return false }
      throw error
    }
  }
}
