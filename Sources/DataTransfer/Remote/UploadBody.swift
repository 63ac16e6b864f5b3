import FastJSON

/// The body of an upsert in the making: `{"points":[…]}`.
struct UploadBody {
  private var writer = JSONWriter()
  /// Points so far.
  private(set) var count = 0

  init() {
    writer.beginObject()
    writer.key("points")
    writer.beginArray()
  }

  /// Bytes so far.
  var byteCount: Int { writer.bytes.count }

  /// Adds a point that `write` writes as one JSON value.
  mutating func add(_ write: (inout JSONWriter) -> Void) {
    write(&writer)
    count += 1
  }

  /// Adds a point as a server gave it: only what an upsert takes.
  mutating func add(_ point: JSONElement) {
    add { writer in
      writer.beginObject()
      for key in ["id", "vector", "payload"] {
        guard let value = point[key], !value.isNull else { continue }
        writer.key(key)
        value.write(to: &writer)
      }
      writer.endObject()
    }
  }

  /// The whole body.
  consuming func finish() -> [UInt8] {
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }
}
