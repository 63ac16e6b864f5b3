import PayloadIndex
import PointModel
import VectorIndex

/// A value that points can be ordered by.
enum OrderedValue: Sendable, Comparable {
  case integer(Int64)
  case float(Double)
  /// Microseconds since the beginning of 1970 in UTC.
  case datetime(Int64)

  /// As a number, for bounds that are given as one.
  var double: Double {
    switch self {
    case .integer(let integer), .datetime(let integer): Double(integer)
    case .float(let number): number
    }
  }
}

extension ReadTransaction {
  /// Whether points can be ordered by the field at `path`: it has an index of integers that takes
  /// ranges, of numbers or of moments, which is ready.
  func canOrder(by path: PayloadPath) -> Bool { orderedIndex(path) != nil }

  /// Calls `body` with each value of a field and the rows that have it, in the order of the values,
  /// until it returns `false`. A point of several values comes with each of them.
  ///
  /// - Parameter isSkipped: holds for the values to be left out at the beginning, and for none
  ///   after them.
  /// - Returns: false when points can't be ordered by the field.
  func forEachValue(
    of path: PayloadPath, descending: Bool, skipping isSkipped: (OrderedValue) -> Bool,
    _ body: (OrderedValue, _ visible: [UInt32]) throws(CollectionError) -> Bool
  ) throws(CollectionError) -> Bool {
    guard let (index, value) = orderedIndex(path) else { return false }
    var failure: CollectionError?
    let isBefore = { (word: UInt64) in isSkipped(value(word)) }
    index.forEachWord(descending: descending, from: isBefore) { word, rows in
      let visible = rows.offsets.filter { visibility.isVisible($0) }
      if visible.isEmpty { return true }
      do throws(CollectionError) {
        return try body(value(word), visible)
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return true
  }

  private func orderedIndex(
    _ path: PayloadPath
  ) -> (index: FieldIndex, value: (UInt64) -> OrderedValue)? {
    guard let field = payloadIndexes[path] else { return nil }
    switch field.params {
    case .integer(let params):
      if params.range == false { return nil }
      return (field.index, { .integer(KeyCoding.integer($0)) })
    case .float: return (field.index, { .float(KeyCoding.double($0)) })
    case .datetime: return (field.index, { .datetime(KeyCoding.integer($0)) })
    case .keyword, .geo, .text, .bool, .uuid: return nil
    }
  }
}
