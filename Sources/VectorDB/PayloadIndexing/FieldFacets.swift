import PayloadIndex
import PointModel
import RowSets
import VectorIndex

extension ReadTransaction {
  /// Whether values of the field at `path` can be counted: it has an index of strings, integers,
  /// booleans or UUIDs, which is ready.
  func canCountValues(of path: PayloadPath) -> Bool { countedIndex(path) != nil }

  /// Calls `body` with each value of a field and the number of points that have it and are among
  /// `rows` (`nil` for all), values in ascending order.
  ///
  /// - Returns: false when values of the field can't be counted.
  func forEachValueCount(
    of path: PayloadPath, among rows: RowMask?, _ body: (MatchValue, Int) -> Void
  ) throws(CollectionError) -> Bool {
    guard let (index, value) = countedIndex(path) else { return false }
    var failure: CollectionError?
    var pace = WorkPace(flag)
    index.forEachKey { key, keyRows in
      do throws(CollectionError) {
        try pace.step(keyRows.count + 1)
        let count = keyRows.count { offset in
          visibility.isVisible(offset) && rows?.contains(offset) ?? true
        }
        if count > 0 { body(value(key), count) }
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { throw failure }
    return true
  }

  private func countedIndex(
    _ path: PayloadPath
  ) -> (index: FieldIndex, value: (FieldKey) -> MatchValue)? {
    guard let field = payloadIndexes[path] else { return nil }
    switch field.params {
    case .keyword, .uuid: break
    case .bool: return (field.index, { .bool($0 == .word(KeyWord(1))) })
    case .integer(let params):
      if params.lookup == false { return nil }
    case .float, .geo, .text, .datetime: return nil
    }
    return (
      field.index,
      { key in
        switch key {
        case .text(let string): .string(string)
        case .word(let word):
          word.isUpper ? .unsigned(word.bits) : .integer(KeyCoding.integer(word))
        case .uuid(let high, let low): .string(PointUUID(high: high, low: low).description)
        }
      }
    )
  }
}
