import FastJSON
import PointModel

/// Reads the members that choose what is returned of a point.
enum SelectorDecoder {
  /// `with_payload`, or `fallback` when it is absent or `null`.
  static func payload(
    of body: FieldReader, otherwise fallback: PayloadSelector
  ) throws(DecodingFault) -> PayloadSelector {
    try body.optional("with_payload") { field throws(DecodingFault) in
      switch field.element.kind {
      case .bool: return try field.bool() ? .all : .none
      case .array: return .include(try paths(field))
      case .object: return try includeOrExclude(field)
      default: throw field.unexpected("a boolean, a list of keys, or include or exclude")
      }
    } ?? fallback
  }

  /// `with_vector` or `with_vectors`; none when absent or `null`.
  static func vector(of body: FieldReader) throws(DecodingFault) -> VectorSelector {
    for key in ["with_vector", "with_vectors"] {
      let selector = try body.optional(key) { field throws(DecodingFault) -> VectorSelector in
        switch field.element.kind {
        case .bool: return try field.bool() ? .all : .none
        case .array:
          return .names(try field.map { name throws(DecodingFault) in try name.string() })
        default: throw field.unexpected("a boolean or a list of vector names")
        }
      }
      if let selector { return selector }
    }
    return .none
  }

  private static func includeOrExclude(
    _ body: FieldReader
  ) throws(DecodingFault) -> PayloadSelector {
    var selector: PayloadSelector?
    try body.forEachField { name, field throws(DecodingFault) in
      switch name {
      case "include": selector = .include(try paths(field))
      case "exclude": selector = .exclude(try paths(field))
      default: break
      }
    }
    guard let selector, body.element.object?.count == 1 else {
      throw .format("data did not match any variant of untagged enum WithPayloadInterface")
    }
    return selector
  }

  private static func paths(_ field: FieldReader) throws(DecodingFault) -> [PayloadPath] {
    try field.map { path throws(DecodingFault) in try path.payloadPath() }
  }
}
