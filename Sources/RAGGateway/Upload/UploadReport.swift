import FastJSON

/// What became of the chunks of an upload.
public struct UploadReport: Sendable, Equatable {
  /// A chunk that was not stored.
  public struct Failure: Sendable, Equatable {
    /// Its position in the upload.
    public let index: Int
    /// Why, in one sentence.
    public let error: String
  }

  /// Chunks that were not there before.
  public var uploaded = 0
  /// Chunks that were there with the same text and metadata.
  public var unchanged = 0
  /// Chunks that were there with another text or other metadata.
  public var updated = 0
  /// Chunks that were not stored.
  public var failed: [Failure] = []

  /// Nothing yet.
  public init() {}

  /// The response body.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("success")
    writer.bool(failed.isEmpty)
    writer.key("message")
    writer.string(message)
    writer.key("uploaded")
    writer.integer(uploaded)
    writer.key("unchanged")
    writer.integer(unchanged)
    writer.key("updated")
    writer.integer(updated)
    writer.key("failed")
    writer.beginArray()
    for failure in failed {
      writer.beginObject()
      writer.key("index")
      writer.integer(failure.index)
      writer.key("error")
      writer.string(failure.error)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  /// The report in one sentence.
  var message: String {
    var message = "\(uploaded + updated) chunks uploaded"
    if unchanged > 0 { message += ", \(unchanged) unchanged" }
    if !failed.isEmpty { message += ", \(failed.count) failed" }
    return message
  }
}
