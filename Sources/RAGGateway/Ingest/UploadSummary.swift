import FastJSON

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
