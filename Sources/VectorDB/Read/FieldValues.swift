import FastJSON
import PointModel

/// The values that an index of a type takes from one path of a payload.
struct FieldValues {
  let path: PayloadPath
  let type: PayloadIndexType

  /// The values that a field can be ordered by; for other types there are none.
  func orderValues(in payload: JSONElement) -> [Number] {
    var values: [Number] = []
    forEach(in: payload) { element in
      switch type {
      case .integer:
        if let integer = element.integer { values.append(integer) }
      case .float:
        if let number = Number(element) { values.append(number.asDoubleIfExact) }
      case .datetime:
        if let moment = element.withUTF8({ Datetime(utf8: $0) }) ?? nil {
          values.append(.integer(moment.microseconds))
        }
      case .keyword, .geo, .text, .bool, .uuid: break
      }
    }
    return values
  }

  /// The values that a field can be matched with; for other types there are none.
  func matchValues(in payload: JSONElement) -> [MatchValue] {
    var values: [MatchValue] = []
    forEach(in: payload) { element in
      switch type {
      case .keyword:
        if let string = element.string { values.append(.string(string)) }
      case .integer:
        if let integer = element.int64 {
          values.append(.integer(integer))
        } else if let unsigned = element.uint64 {
          values.append(.unsigned(unsigned))
        }
      case .bool:
        if let bool = element.bool { values.append(.bool(bool)) }
      case .uuid:
        if let uuid = element.string.flatMap({ PointUUID($0) }) {
          values.append(.string(uuid.description))
        }
      case .float, .geo, .text, .datetime: break
      }
    }
    return values
  }

  private func forEach(in payload: JSONElement, _ body: (JSONElement) -> Void) {
    _ = path.contains(in: payload) { value in
      if let array = value.array {
        for element in array { body(element) }
      } else {
        body(value)
      }
      return false
    }
  }
}

extension JSONElement {
  /// The number, if it is spelled as an integer of 64 bits.
  fileprivate var integer: Number? { kind == .double ? nil : Number(self) }
}

extension PointRecord.View {
  /// The payload, parsed.
  func parsedPayload() throws(CollectionError) -> JSONElement {
    do {
      return try JSONDocument(parsing: payload).root
    } catch {
      throw .storage("the payload of point \(id) is damaged: \(error.message)")
    }
  }
}
