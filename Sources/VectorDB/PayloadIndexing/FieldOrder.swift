import PayloadIndex
import PointModel
import RowSets
import VectorIndex

extension ReadTransaction {
  /// Whether points can be ordered by the field at `path`: it has an index of integers that takes
  /// ranges, of numbers or of moments, which is ready.
  func canOrder(by path: PayloadPath) -> Bool { orderedIndex(path) != nil }

  /// Calls `body` with each value of a field and the rows that have it, in the order of the values,
  /// until it returns `false`. A point of several values comes with each of them; moments are
  /// microseconds since the beginning of 1970 in UTC.
  ///
  /// - Parameter start: the first value, when not all are wanted.
  /// - Returns: false when points can't be ordered by the field.
  func forEachValue(
    of path: PayloadPath, descending: Bool, from start: Number?,
    _ body: (Number, _ visible: [UInt32]) throws(CollectionError) -> Bool
  ) throws(CollectionError) -> Bool {
    guard let (index, value) = orderedIndex(path) else { return false }
    // The words of an index of doubles are rounded, and so must the start be: what is rounded to
    // the same double may lie on either side of it.
    let isRounded = payloadIndexes[path]?.params.type == .float
    let first = isRounded ? start.map { Number.double($0.double) } : start
    func isBefore(_ value: Number, _ start: Number?) -> Bool {
      start.map { descending ? value > $0 : value < $0 } ?? false
    }
    var failure: CollectionError?
    var pace = WorkPace(flag)
    let isWordBefore = { (word: KeyWord) in isBefore(value(word), first) }
    index.forEachWord(descending: descending, from: isWordBefore) { word, rows in
      do throws(CollectionError) {
        try pace.step(rows.count + 1)
        let visible = rows.filter { visibility.isVisible($0) }
        if visible.isEmpty { return true }
        let rounded = value(word)
        guard isRounded, abs(rounded.double) >= Number.exactDoubles else {
          return try body(rounded, visible)
        }
        for (value, rows) in try exactValues(of: path, roundedTo: rounded, in: visible, descending)
        where !isBefore(value, start) {
          if try !body(value, rows) { return false }
        }
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return true
  }

  /// The values that are rounded to one double, in their order, with the rows that have them.
  private func exactValues(
    of path: PayloadPath, roundedTo rounded: Number, in rows: [UInt32], _ descending: Bool
  ) throws(CollectionError) -> [(Number, [UInt32])] {
    let values = FieldValues(path: path, type: .float)
    var found: [Number: [UInt32]] = [:]
    try visitRecords(at: rows) { (index, view) throws(CollectionError) in
      for value in Set(values.orderValues(in: try view.parsedPayload()))
      where Number.double(value.double) == rounded {
        found[value, default: []].append(rows[index])
      }
    }
    let ordered = found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return descending ? ordered.reversed() : ordered
  }

  private func orderedIndex(
    _ path: PayloadPath
  ) -> (index: FieldIndex, value: (KeyWord) -> Number)? {
    guard let field = payloadIndexes[path] else { return nil }
    switch field.params {
    case .integer(let params):
      if params.range == false { return nil }
      return (field.index, { Number(integerOf: $0) })
    case .float: return (field.index, { .double(KeyCoding.double($0)) })
    case .datetime: return (field.index, { Number(integerOf: $0) })
    case .keyword, .geo, .text, .bool, .uuid: return nil
    }
  }
}
