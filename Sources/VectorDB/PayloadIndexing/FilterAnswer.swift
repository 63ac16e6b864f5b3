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
  let isExact: Bool

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

  /// Rows pass that pass one of several filters, which are asked one after the other: what they say
  /// takes no more memory than three times what they say together, and a mebibyte.
  static func any<Questions: Sequence>(
    of questions: Questions, _ answer: (Questions.Element) -> FilterAnswer
  ) -> FilterAnswer {
    var answers: [FilterAnswer] = []
    var (bytes, joinedBytes) = (0, 0)
    for question in questions {
      let next = answer(question)
      answers.append(next)
      bytes += next.bytes
      if bytes <= max(keptBytes, 3 * joinedBytes) { continue }
      let joined = FilterAnswer(anyOf: answers)
      answers = [joined]
      joinedBytes = joined.bytes
      bytes = joinedBytes
    }
    return FilterAnswer(anyOf: answers)
  }

  private static let keptBytes = 1 << 20

  /// About the memory that it takes, in bytes.
  var bytes: Int {
    let selections = isExact ? [possible] : [sure, possible]
    return selections.reduce(MemoryLayout<FilterAnswer>.stride) { sum, selection in
      switch selection {
      case .only(let rows), .allBut(let rows): sum + rows.residentBytes
      }
    }
  }

  var negated: FilterAnswer {
    if isExact { return FilterAnswer(exactly: possible.inverted) }
    return FilterAnswer(sure: possible.inverted, possible: sure.inverted)
  }

  /// Rows that have to be tested.
  var unsure: RowSelection { isExact ? .none : possible.subtracting(sure) }
}
