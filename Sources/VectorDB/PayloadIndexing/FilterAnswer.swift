import PayloadIndex
import RowSets

/// What indexes say of the rows that pass a filter: those that pass for sure, and those that alone
/// can pass. Whether one of the others among these passes is seen from its record.
struct FilterAnswer {
  /// Rows that pass.
  let sure: RowSelection
  /// Rows outside of this do not pass.
  let possible: RowSelection
  /// Whether both are known to be the same.
  private let isExact: Bool

  /// Nothing is known.
  static let unknown = FilterAnswer(sure: .none, possible: .all)

  init(sure: RowSelection, possible: RowSelection) {
    self.sure = sure
    self.possible = possible
    isExact = false
  }

  /// Exactly these rows pass.
  init(exactly rows: RowSelection) {
    sure = rows
    possible = rows
    isExact = true
  }

  init(exactly rows: RowSet) {
    self.init(exactly: .only(rows))
  }

  /// These rows pass, and some of `others` may.
  init(_ rows: RowSet, orPerhaps others: RowSet) {
    if others.isEmpty {
      self.init(exactly: rows)
    } else {
      self.init(sure: .only(rows), possible: .only(rows.union(others)))
    }
  }

  func and(_ other: FilterAnswer) -> FilterAnswer {
    let possible = possible.intersection(other.possible)
    if isExact, other.isExact { return FilterAnswer(exactly: possible) }
    return FilterAnswer(sure: sure.intersection(other.sure), possible: possible)
  }

  /// Rows pass that pass one of several filters.
  init(anyOf answers: [FilterAnswer]) {
    let possible = RowSelection.union(of: answers.map(\.possible))
    if answers.allSatisfy(\.isExact) {
      self.init(exactly: possible)
    } else {
      self.init(sure: .union(of: answers.map(\.sure)), possible: possible)
    }
  }

  var negated: FilterAnswer {
    if isExact { return FilterAnswer(exactly: possible.inverted) }
    return FilterAnswer(sure: possible.inverted, possible: sure.inverted)
  }

  /// Rows that have to be tested.
  var unsure: RowSelection { isExact ? .none : possible.subtracting(sure) }
}
