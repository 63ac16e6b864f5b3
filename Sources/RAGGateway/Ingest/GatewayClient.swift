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
  /// What is to be known about the texts that were stored.
  public var notice: String?

  /// Nothing uploaded.
  public init() {}

  /// Reads an answer to `POST /upload/chunks`.
  init?(json: JSONValue?) {
    guard let json, json["success"] != nil else { return nil }
    func count(_ name: String) -> Int { Int(json[name]?.numberValue ?? 0) }
    uploaded = count("uploaded")
    unchanged = count("unchanged")
    updated = count("updated")
    notice = json["notice"]?.stringValue
    failures = (json["failed"]?.arrayValue ?? []).map { $0["error"]?.stringValue ?? "not stored" }
  }

  /// Adds another batch.
  package mutating func add(_ other: UploadSummary) {
    uploaded += other.uploaded
    unchanged += other.unchanged
    updated += other.updated
    failures += other.failures
    notice = notice ?? other.notice
  }
}

/// Where a running gateway is, by what it is known over TLS, and the key that it asks for.
public struct GatewayAddress: Sendable {
  /// The address without a slash at its end.
  public let url: String
  /// The key, if there is one.
  public var key: String?
  private let trust: HTTPTrust

  /// The gateway at `url`, whose certificate may be of one of the authorities in the file
  /// `authorities`, PEM, beside those that the system trusts.
  public init(url: String, key: String? = nil, authorities: String? = nil) {
    var url = url
    while url.hasSuffix("/") { url.removeLast() }
    self.url = url
    self.key = key
    trust = HTTPTrust(authorities: authorities)
  }

  /// The gateway with these settings on this machine, known by its own certificate.
  public init(_ settings: GatewaySettings, key: String? = nil) {
    url = settings.localURL
    self.key = key
    trust = settings.ownTrust
  }

  /// Connections to it; whoever asks for them ends them.
  func client() -> HTTPClient { HTTPClient(trust: trust) }

  /// The gateway through `client`.
  func endpoint(
    _ client: HTTPClient, timeout: Duration, retry: RetryPolicy = RetryPolicy()
  ) -> JSONEndpoint {
    JSONEndpoint(
      client: client, base: url, credential: key.map { .bearer($0) }, timeout: timeout,
      retry: retry)
  }
}

/// Asks a running gateway whether it is ready.
public enum HealthRequest {
  /// Time that the answer to a question after the gateway's health may take.
  private static let timeMax = Duration.seconds(5)

  /// Whether the gateway is ready, and what it said.
  public static func send(to address: GatewayAddress) async -> (isReady: Bool, text: String) {
    let client = address.client()
    defer { client.shutdown() }
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    let endpoint = address.endpoint(client, timeout: timeMax, retry: retry)
    do {
      let reply = try await endpoint.send(.get, "/health/ready")
      return (reply.isSuccess, reply.isSuccess ? "ready" : reply.complaint)
    } catch {
      return (false, error.message)
    }
  }
}
