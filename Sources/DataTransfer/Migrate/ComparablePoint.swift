import Crypto
package import FastJSON
import PointModel

/// A point in a form in which the spelling of two servers makes no difference.
package struct ComparablePoint: Sendable {
  let id: PointID
  /// The payload with the members of all objects sorted; nothing when there are none.
  let payload: [UInt8]
  /// Names, lengths and sparse indices of the vectors, in order.
  private let shape: [UInt8]
  /// All numbers of all vectors that are told as they were given, as 32-bit floats.
  private let values: [Float]

  /// Components of vectors of length 1 may differ by this much: each server divides in its way.
  private static let tolerance: Float = 1e-5

  /// Reads a point as a server gives it.
  ///
  /// - Parameter coded: names of vectors of which a server keeps codes alone: what it tells is not
  ///   what another tells that was given it, and only their lengths are compared.
  package init(_ point: JSONElement, coded: Set<String> = []) throws(TransferError) {
    let id = point["id"]
    if let number = id?.uint64 {
      self.id = .number(number)
    } else if let uuid = id?.string.flatMap({ PointUUID($0) }) {
      self.id = .uuid(uuid)
    } else {
      throw .unexpectedAnswer(what: "scroll", reason: "a point has no id that we know")
    }
    if let payload = point["payload"]?.value, case .object(let members) = payload,
      !members.isEmpty
    {
      self.payload = Self.sorted(payload).serialized()
    } else {
      payload = []
    }
    var shape = JSONWriter()
    var values: [Float] = []
    Self.read(point["vector"], coded, &shape, &values)
    self.shape = shape.bytes
    self.values = values
  }

  /// Whether both are the same point with the same contents.
  ///
  /// - Parameter isNormalized: whether vectors are compared up to rounding.
  package func isSame(as other: ComparablePoint, isNormalized: Bool) -> Bool {
    guard id == other.id, payload == other.payload, shape == other.shape,
      values.count == other.values.count
    else { return false }
    return values.elementsEqual(other.values) { left, right in
      left == right || (isNormalized && abs(left - right) <= Self.tolerance)
    }
  }

  /// Adds the point to a checksum. `values` stand in for its own, which they equal up to rounding.
  func hash(into hasher: inout SHA256, valuesOf other: ComparablePoint? = nil) {
    for part in [Array(id.description.utf8), payload, shape] {
      withUnsafeBytes(of: UInt64(part.count).littleEndian) { hasher.update(bufferPointer: $0) }
      part.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }
    (other ?? self).values.withUnsafeBytes { hasher.update(bufferPointer: $0) }
  }

  /// Reads the unnamed vector, or all of them by name.
  private static func read(
    _ vector: JSONElement?, _ coded: Set<String>, _ shape: inout JSONWriter,
    _ values: inout [Float]
  ) {
    guard let vector, let members = vector.object, vector["indices"] == nil else {
      return read(vector, isCoded: coded.contains(""), &shape, &values)
    }
    shape.beginObject()
    for (name, inner) in members.sorted(by: { $0.key < $1.key }) {
      shape.key(name)
      read(inner, isCoded: coded.contains(name), &shape, &values)
    }
    shape.endObject()
  }

  private static func read(
    _ vector: JSONElement?, isCoded: Bool, _ shape: inout JSONWriter, _ values: inout [Float]
  ) {
    guard let vector, !vector.isNull else {
      shape.null()
      return
    }
    if let array = vector.array {
      if array.first(where: { _ in true })?.array == nil {
        let before = values.count
        _ = vector.appendFloats(to: &values)
        shape.integer(values.count - before)
        if isCoded { values.removeSubrange(before...) }
        return
      }
      shape.beginArray()
      for row in array { read(row, isCoded: isCoded, &shape, &values) }
      shape.endArray()
    } else if let indices = vector["indices"]?.array, let weights = vector["values"]?.array {
      let pairs = zip(indices, weights).map { ($0.uint64 ?? 0, Float($1.double ?? 0)) }
      shape.beginArray()
      for (index, weight) in pairs.sorted(by: { $0.0 < $1.0 }) {
        shape.integer(index)
        values.append(weight)
      }
      shape.endArray()
    } else {
      shape.null()
    }
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(
        JSONObjectValue(
          members.sorted { $0.key < $1.key }.map { ($0.key, sorted($0.value)) }))
    case .array(let elements): .array(elements.map(sorted))
    case .null, .bool, .integer, .unsigned, .double, .string: value
    }
  }
}
