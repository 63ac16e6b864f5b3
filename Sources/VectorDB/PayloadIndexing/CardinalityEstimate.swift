import PayloadIndex
import PointModel
import RowSets
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
    let answer = IndexedFilter(payloadIndexes, PayloadPace(flag)).answer(filter)
    let rowCount = Int(visibility.rowCount)
    // Rows of indexes may be dead; which of them are is not asked.
    let dead = max(0, rowCount - pointsCount)
    let sure = answer.sure.count(of: rowCount)
    let minimum = min(pointsCount, max(0, sure - dead))
    let maximum = min(pointsCount, answer.possible.count(of: rowCount))
    let live = rowCount == 0 ? 1 : min(1, Double(pointsCount) / Double(rowCount))
    let likely = answer.unsure.isNone ? Double(sure) * live : Double(minimum + maximum) / 2
    return CardinalityEstimate(
      minimum: minimum, expected: max(minimum, min(maximum, Int(likely.rounded()))),
      maximum: maximum)
  }
}
