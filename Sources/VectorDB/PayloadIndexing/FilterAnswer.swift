import PayloadIndex
import RowSets

/// What indexes say of the rows that pass a filter: those that pass for sure, and those that alone
/// can pass. Whether one of the others among these passes is seen from its record.
struct FilterAnswer {
  /// Rows that pass.
  let sure: RowSelection
  /// Rows outside of this do not pass.
  let possible: RowSelection

  /// Nothing is known.
  static let unknown = FilterAnswer(sure: .none, possible: .all)

  init(sure: RowSelection, possible: RowSelection) {
    self.sure = sure
    self.possible = possible
  }

  /// Exactly these rows pass.
  init(exactly rows: RowSelection) {
    self.init(sure: rows, possible: rows)
  }

  init(exactly rows: RowSet) {
    self.init(exactly: .only(rows))
  }

  /// These rows pass, and some of `others` may.
  init(_ rows: RowSet, orPerhaps others: RowSet) {
    self.init(sure: .only(rows), possible: .only(rows.union(others)))
  }

  func and(_ other: FilterAnswer) -> FilterAnswer {
    FilterAnswer(
      sure: sure.intersection(other.sure), possible: possible.intersection(other.possible))
  }

  /// Rows pass that pass one of several filters.
  init(anyOf answers: [FilterAnswer]) {
    self.init(
      sure: .union(of: answers.map(\.sure)), possible: .union(of: answers.map(\.possible)))
  }

  var negated: FilterAnswer { FilterAnswer(sure: possible.inverted, possible: sure.inverted) }

  /// Rows that have to be tested.
  var unsure: RowSelection { possible.subtracting(sure) }
}
