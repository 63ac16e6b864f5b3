public import FastJSON

/// The object that every answer of the REST API comes in.
public enum ResponseEnvelope {
  /// `{"result":…,"status":"ok","time":seconds}` around the one value that `result` writes.
  public static func ok(
    seconds: Double, reservingCapacity capacity: Int = 256,
    _ result: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: capacity)
    begin(&writer)
    result(&writer)
    end(&writer, seconds: seconds)
    return writer.bytes
  }

  /// Writes what comes before the result of a success.
  public static func begin(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("result")
  }

  /// Writes what comes after the result of a success.
  public static func end(_ writer: inout JSONWriter, seconds: Double) {
    writer.key("status")
    writer.string("ok")
    writer.key("time")
    writer.double(seconds)
    writer.endObject()
  }

  /// `{"status":"accepted","time":seconds}`, for what goes on after the answer.
  public static func accepted(seconds: Double) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 64)
    writer.beginObject()
    writer.key("status")
    writer.string("accepted")
    writer.key("time")
    writer.double(seconds)
    writer.endObject()
    return writer.bytes
  }

  /// `{"status":{"error":text},"time":seconds}`.
  public static func error(text: String, seconds: Double) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 256)
    writer.beginObject()
    writer.key("status")
    writer.beginObject()
    writer.key("error")
    writer.string(text)
    writer.endObject()
    writer.key("time")
    writer.double(seconds)
    writer.endObject()
    return writer.bytes
  }
}
