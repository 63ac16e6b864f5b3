import CSimdJSON

extension JSONElement {
  /// Writes the value in normal form: compact, members in source order, of members with the same
  /// key the first position and the last value, numbers as `JSONWriter` spells them.
  public func write(to writer: inout JSONWriter) {
    document.withTape { tape in
      switch tape.kind(at: index) {
      case .null: writer.null()
      case .bool: writer.bool(tape.isTrue(at: index))
      case .integer: writer.integer(tape.integer(at: index))
      case .unsigned: writer.integer(tape.unsigned(at: index))
      case .double: writer.double(tape.double(at: index))
      case .string: writer.string(utf8: tape.utf8(at: index))
      case .array: writeElements(of: tape, to: &writer)
      case .object:
        if csimdjson_has_duplicate_keys(tape.view, index) != 0 {
          value.write(to: &writer)
        } else {
          writeMembers(of: tape, to: &writer)
        }
      }
    }
  }

  private func writeElements(of tape: JSONTape, to writer: inout JSONWriter) {
    writer.beginArray()
    let end = tape.end(ofContainerAt: index)
    var at = index + 1
    while at < end {
      JSONElement(document: document, index: at).write(to: &writer)
      at = tape.next(after: at)
    }
    writer.endArray()
  }

  private func writeMembers(of tape: JSONTape, to writer: inout JSONWriter) {
    writer.beginObject()
    let end = tape.end(ofContainerAt: index)
    var at = index + 1
    while at < end {
      writer.key(utf8: tape.utf8(at: at))
      JSONElement(document: document, index: at + 1).write(to: &writer)
      at = tape.next(after: at + 1)
    }
    writer.endObject()
  }
}
