import FastJSON
package import HTTPTransfer

/// Uploads chunks through a gateway's HTTP interface.
package struct GatewayClient: ChunkUploading {
  private let endpoint: JSONEndpoint

  package init(endpoint: JSONEndpoint) {
    self.endpoint = endpoint
  }

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
}
