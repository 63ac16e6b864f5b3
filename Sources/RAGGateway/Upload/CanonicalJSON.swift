import FastJSON

/// A spelling of JSON in which equal values are equal text: members sorted by key, compact.
enum CanonicalJSON {
  static func text(of value: JSONValue) -> [UInt8] {
    var writer = JSONWriter()
    write(value, to: &writer)
    return writer.bytes
  }

  private static func write(_ value: JSONValue, to writer: inout JSONWriter) {
    switch value {
    case .array(let elements):
      writer.beginArray()
      for element in elements { write(element, to: &writer) }
      writer.endArray()
    case .object(let members):
      writer.beginObject()
      for (key, member) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      ) {
        writer.key(key)
        write(member, to: &writer)
      }
      writer.endObject()
    default: value.write(to: &writer)
    }
  }
}
