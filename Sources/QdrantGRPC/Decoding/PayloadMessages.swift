import FastJSON
import PointModel
import ProtoWire
import QdrantAPI

/// Reads the values of payloads, and what names places in them, as JSON text in normal form.
enum PayloadMessages {
  /// The payload whose members are the entries of a map.
  static func payload(_ entries: [ProtoMessage]) throws(DecodingFault) -> Payload {
    if entries.isEmpty { return .empty }
    var writer = JSONWriter()
    try write(entries, to: &writer)
    return Payload(normalizedJSON: writer.bytes)
  }

  /// An object of a map's entries, as a tree.
  static func object(_ entries: [ProtoMessage]) throws(DecodingFault) -> JSONObjectValue {
    do {
      return try payload(entries).parsed()
    } catch let error as JSONSyntaxError {
      throw .format(error.message)
    } catch let error as DecodingFault {
      throw error
    } catch {
      throw .format("\(error)")
    }
  }

  /// A path into payloads.
  static func path(_ field: MessageField) throws(DecodingFault) -> PayloadPath {
    let text = try field.string()
    guard let path = PayloadPath(text) else {
      throw .format("Invalid json path: \'\(text.prefix(200))\'")
    }
    return path
  }

  private static func write(
    _ entries: [ProtoMessage], to writer: inout JSONWriter
  ) throws(DecodingFault) {
    writer.beginObject()
    var members: [(key: String, value: ProtoMessage?)] = []
    for entry in entries {
      var member: (key: String, value: ProtoMessage?) = ("", nil)
      try entry.read { field throws(DecodingFault) in
        switch field.number {
        case 1: member.key = try field.string()
        case 2: member.value = try field.message()
        default: break
        }
      }
      members.append(member)
    }
    for member in unique(members) {
      writer.key(member.key)
      try write(member.value, to: &writer)
    }
    writer.endObject()
  }

  /// Of members with the same key the last.
  private static func unique(
    _ members: [(key: String, value: ProtoMessage?)]
  ) -> [(key: String, value: ProtoMessage?)] {
    var known: Set<String> = []
    for member in members { known.insert(member.key) }
    if known.count == members.count { return members }
    return members.reversed().filter { known.remove($0.key) != nil }.reversed()
  }

  /// Writes one value; one of no kind, or none at all, is `null`.
  private static func write(
    _ message: ProtoMessage?, to writer: inout JSONWriter
  ) throws(DecodingFault) {
    // Of several kinds the last on the wire counts.
    var kind: MessageField?
    try message?.read { field throws(DecodingFault) in
      if (1...7).contains(field.number) { kind = field }
    }
    guard let kind else { return writer.null() }
    switch kind.number {
    case 2:
      let number = try kind.double()
      guard number.isFinite else { throw .format("cannot convert to json number") }
      writer.double(number)
    case 3: writer.integer(try kind.int64())
    case 4: writer.string(try kind.string())
    case 5: writer.bool(try kind.bool())
    case 6:
      var entries: [ProtoMessage] = []
      try kind.message().read { field throws(DecodingFault) in
        if field.number == 1 { entries.append(try field.message()) }
      }
      try write(entries, to: &writer)
    case 7:
      writer.beginArray()
      try kind.message().read { field throws(DecodingFault) in
        if field.number == 1 { try write(try field.message(), to: &writer) }
      }
      writer.endArray()
    default: writer.null()
    }
  }
}
