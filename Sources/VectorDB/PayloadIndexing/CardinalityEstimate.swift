import PayloadIndex
import PointModel
import VectorIndex

/// About how many points pass a filter.
struct CardinalityEstimate: Sendable, Equatable {
  /// At least so many.
  var minimum: Int
  /// As many as are likely.
  var expected: Int
  /// At most so many.
  var maximum: Int
}

extension ReadTransaction {
  /// About how many of `pointsCount` points pass `filter`, by payload indexes alone: no record is
  /// read.
  func estimate(_ filter: Filter, of pointsCount: Int) -> CardinalityEstimate {
    let answer = IndexedFilter(payloadIndexes).answer(filter)
    let rowCount = Int(visibility.rowCount)
    // Rows that are dead are among those of the indexes by the same share as among all.
    let live = rowCount == 0 ? 1 : min(1, Double(pointsCount) / Double(rowCount))
    let sure = answer.sure.count(of: rowCount)
    let possible = answer.possible.count(of: rowCount)
    let isExact = answer.unsure.isNone
    let minimum = isExact ? Int(Double(sure) * live) : 0
    let maximum = min(pointsCount, possible)
    let expected = isExact ? minimum : (sure + Int(Double(possible - sure) * live) / 2)
    return CardinalityEstimate(
      minimum: min(minimum, maximum), expected: min(expected, maximum), maximum: maximum)
  }
}
