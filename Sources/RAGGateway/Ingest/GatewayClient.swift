import FastJSON
package import HTTPTransfer

/// Uploads chunks through a gateway's HTTP interface.
package struct GatewayClient: ChunkUploading {
  private let endpoint: JSONEndpoint

  /// A client of the gateway behind `endpoint`.
  package init(endpoint: JSONEndpoint) {
    self.endpoint = endpoint
  }

  /// Sends `POST /upload/chunks`.
  package func upload(_ chunks: [Chunk]) async throws(IngestError) -> UploadSummary {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("chunks")
    writer.beginArray()
    for chunk in chunks {
      writer.beginObject()
      writer.key("page_content")
      writer.string(chunk.pageContent)
      writer.key("metadata")
      JSONValue.object(chunk.metadata).write(to: &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    let reply: EndpointReply
    do {
      reply = try await endpoint.send(.post, "/upload/chunks", body: writer.bytes)
    } catch {
      throw error.kind == .unreachable ? .unreachable(error.message) : .rejected(error.message)
    }
    guard reply.isSuccess, let summary = UploadSummary(json: reply.json) else {
      throw .rejected(reply.complaint)
    }
    return summary
  }

  /// Sends `DELETE /upload/chunks` for what the document no longer has.
  package func prune(
    document: String, keeping ids: [String]
  ) async throws(IngestError) -> Int {
    let body = JSONValue.object([
      "document": .string(document), "keep": .array(ids.map { .string($0) }),
    ])
    let reply: EndpointReply
    do {
      reply = try await endpoint.send(.delete, "/upload/chunks", body: body.serialized())
    } catch {
      throw error.kind == .unreachable ? .unreachable(error.message) : .rejected(error.message)
    }
    guard reply.isSuccess, let deleted = reply.json?["deleted"]?.numberValue else {
      throw .rejected(reply.complaint)
    }
    return Int(deleted)
  }
}

/// What a gateway answered to uploads.
public struct UploadSummary: Sendable, Equatable {
  /// Passages that were not there before.
  public var uploaded = 0
  /// Passages that were there already.
  public var unchanged = 0
  /// Passages that were there with another text or other metadata.
  public var updated = 0
  /// What was said of chunks that were not stored.
  public var failures: [String] = []

  /// Nothing uploaded.
  public init() {}

  /// Reads an answer to `POST /upload/chunks`.
  init?(json: JSONValue?) {
    guard let json, json["success"] != nil else { return nil }
    func count(_ name: String) -> Int { Int(json[name]?.numberValue ?? 0) }
    uploaded = count("uploaded")
    unchanged = count("unchanged")
    updated = count("updated")
    failures = (json["failed"]?.arrayValue ?? []).map { $0["error"]?.stringValue ?? "not stored" }
  }

  /// Adds another batch.
  package mutating func add(_ other: UploadSummary) {
    uploaded += other.uploaded
    unchanged += other.unchanged
    updated += other.updated
    failures += other.failures
  }
}

/// Asks a running gateway whether it is ready.
public enum HealthRequest {
  /// Whether the gateway at `url` is ready, and what it said.
  public static func send(to url: String) async -> (isReady: Bool, text: String) {
    let client = HTTPClient()
    defer { client.shutdown() }
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    let endpoint = JSONEndpoint(client: client, base: url, timeout: .seconds(5), retry: retry)
    do {
      let reply = try await endpoint.send(.get, "/health/ready")
      return (reply.isSuccess, reply.isSuccess ? "ready" : reply.complaint)
    } catch {
      return (false, error.message)
    }
  }
}
