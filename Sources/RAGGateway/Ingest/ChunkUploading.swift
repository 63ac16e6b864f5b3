/// Takes chunks to where they are stored.
package protocol ChunkUploading: Sendable {
  /// Uploads chunks of one batch.
  func upload(_ chunks: [Chunk]) async throws(IngestError) -> UploadSummary
}
