import FastJSON
import PointModel

extension FieldReader {
  /// A point's id.
  func pointID() throws(DecodingFault) -> PointID {
    if let number = element.uint64 { return .number(number) }
    if let string = element.string {
      if let uuid = PointUUID(string) { return .uuid(uuid) }
      throw Self.invalidID(string)
    }
    throw Self.invalidID(String(decoding: element.value.serialized(), as: UTF8.self))
  }

  private static func invalidID(_ value: String) -> DecodingFault {
    .format(
      "value \(value.prefix(200)) is not a valid point ID, "
        + "valid values are either an unsigned integer or a UUID")
  }

  /// A path into payloads.
  func payloadPath() throws(DecodingFault) -> PayloadPath {
    let text = try string()
    guard let path = PayloadPath(text) else {
      throw .format("Invalid json path: \'\(text.prefix(200))\'")
    }
    return path
  }

  /// A payload in normal form; `null` is an empty one.
  func payload() throws(DecodingFault) -> Payload {
    switch element.kind {
    case .object:
      var writer = JSONWriter()
      element.write(to: &writer)
      return Payload(normalizedJSON: writer.bytes)
    case .null: return .empty
    default: throw unexpected("a map")
    }
  }

  /// A tree of an object.
  func objectValue() throws(DecodingFault) -> JSONObjectValue {
    guard case .object(let object) = element.value else { throw unexpected("a map") }
    return object
  }

  /// A dense vector of at least one component.
  func denseVector() throws(DecodingFault) -> [Float] {
    var values: [Float] = []
    switch element.appendFloats(to: &values) {
    case .copied, .wrongCount:
      if values.isEmpty { throw .validation("vector must not be empty") }
      return values
    case .notFinite(let index):
      throw DecodingFault.format("number out of range, expected f32").under(index)
    case .notANumber(let index):
      guard let array = element.array,
        let wrong = array.dropFirst(index).first(where: { _ in true })
      else { throw unexpected("a vector") }
      if wrong.kind == .array { throw .unsupported("multi-vectors are") }
      throw FieldReader(wrong).unexpected("f32").under(index)
    case .notAnArray:
      throw unsupportedVector ?? unexpected("a vector")
    }
  }

  /// The fault for an object that is a vector to Qdrant, but not to this server.
  var unsupportedVector: DecodingFault? {
    guard let object = element.object else { return nil }
    if object["indices"] != nil || object["values"] != nil {
      return .unsupported("sparse vectors are")
    }
    if object["model"] != nil || object["text"] != nil || object["image"] != nil
      || object["object"] != nil
    {
      return .unsupported("inference objects (text, image, model) are")
    }
    return nil
  }

  /// The vectors of a point: a list of numbers, or vectors by name.
  func namedVectors() throws(DecodingFault) -> [NamedVector] {
    switch element.kind {
    case .array:
      return [NamedVector(name: "", values: try denseVector())]
    case .object:
      if let model = element.object?["model"], model.kind == .string, let unsupportedVector {
        throw unsupportedVector
      }
      var vectors: [NamedVector] = []
      try forEachField { name, field throws(DecodingFault) in
        let vector = NamedVector(name: name, values: try field.denseVector())
        if let index = vectors.firstIndex(where: { $0.name == name }) {
          vectors[index] = vector
        } else {
          vectors.append(vector)
        }
      }
      return vectors
    default:
      throw unexpected("a vector")
    }
  }

  /// Refuses a body that is meant for one of a collection's shards.
  func refuseShardKey() throws(DecodingFault) {
    try refuse("shard_key")
  }
}
