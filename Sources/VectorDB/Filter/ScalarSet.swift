import FastJSON
import PointModel

/// A set of scalars that answers for values of payloads; few strings are compared in place.
struct ScalarSet {
  private let values: Set<MatchValue>
  private let strings: [[UInt8]]?

  private static let comparedStringsMax = 8

  init(_ values: Set<MatchValue>) {
    self.values = values
    let strings = values.compactMap { value in
      if case .string(let string) = value { Array(string.utf8) } else { nil }
    }
    self.strings = strings.count <= Self.comparedStringsMax ? strings : nil
  }

  func contains(_ value: JSONElement) -> Bool {
    switch value.kind {
    case .string:
      if let strings {
        return value.withUTF8 { bytes in strings.contains { bytes.elementsEqual($0) } } ?? false
      }
      return value.string.map { values.contains(.string($0)) } ?? false
    case .integer: return value.int64.map { values.contains(.integer($0)) } ?? false
    case .unsigned: return value.uint64.map { values.contains(.unsigned($0)) } ?? false
    case .bool: return value.bool.map { values.contains(.bool($0)) } ?? false
    case .null, .double, .array, .object: return false
    }
  }
}
