import PayloadIndex

/// What indexes say of the rows that pass a filter: those that pass for sure, and those that alone
/// can pass. Whether one of the others among these passes is seen from its record.
struct FilterAnswer {
  /// Rows that pass.
  let sure: OffsetSelection
  /// Rows outside of this do not pass.
  let possible: OffsetSelection

  /// Nothing is known.
  static let unknown = FilterAnswer(sure: .none, possible: .all)

  init(sure: OffsetSelection, possible: OffsetSelection) {
    self.sure = sure
    self.possible = possible
  }

  /// Exactly these rows pass.
  init(exactly rows: OffsetSelection) {
    self.init(sure: rows, possible: rows)
  }

  init(exactly rows: OffsetSet) {
    self.init(exactly: .only(rows))
  }

  /// These rows pass, and some of `others` may.
  init(_ rows: OffsetSet, orPerhaps others: OffsetSet) {
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
  var unsure: OffsetSelection { possible.subtracting(sure) }
}
