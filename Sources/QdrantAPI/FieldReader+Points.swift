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

  /// The vectors of a point: a list of numbers, or vectors by name.
  func namedVectors() throws(DecodingFault) -> [NamedVector] {
    switch element.kind {
    case .array:
      return [NamedVector(name: "", value: try vector(for: .storing))]
    case .object:
      if DocumentDecoder.isDocument(self) {
        _ = try DocumentDecoder.vector(self, for: .storing)
        throw .badRequest("Sparse vector from document inference should be named")
      }
      return try vectorsByName()
    default:
      throw unexpected("a vector")
    }
  }

  /// Vectors under their names; of several under one name the last one counts. A value out of range
  /// is told without the name, as in Qdrant.
  private func vectorsByName() throws(DecodingFault) -> [NamedVector] {
    guard let object = element.object else { throw unexpected("a map") }
    var vectors = NamedVectors()
    for (name, value) in object {
      let vector: NamedVector
      do throws(DecodingFault) {
        vector = NamedVector(name: name, value: try FieldReader(value).vector(for: .storing))
      } catch {
        throw error.under(error.kind == .validation ? "?" : name)
      }
      vectors.set(vector)
    }
    return vectors.vectors
  }

  /// Refuses a body that is meant for one of a collection's shards.
  func refuseShardKey() throws(DecodingFault) {
    try refuse("shard_key")
  }
}
