import PayloadIndex
import PointModel
import RowSets
import TextAnalysis

/// Answers conditions on one field from its index.
struct IndexedCondition {
  private let field: PayloadIndexView.Field
  private let pace: PayloadPace
  /// The rows that matter, if others do not.
  private let candidates: RowSet?

  /// What it takes to look up a key, in steps of tens of nanoseconds.
  private static let stepsPerKey = 16

  /// - Parameters:
  ///   - pace: ends what is asked early; the answer is of no use then.
  ///   - candidates: if only these rows matter; of others, the answer may say anything.
  init(
    _ field: PayloadIndexView.Field, _ pace: PayloadPace, among candidates: RowSet? = nil
  ) {
    self.field = field
    self.pace = pace
    self.candidates = candidates
  }

  /// Whether to tell which of some rows pass takes time by how many these are, however many others
  /// do: single keys are looked up, whose sets are there.
  func asksRowByRow(_ condition: Condition) -> Bool {
    guard case .match(_, let match) = condition else { return false }
    switch match {
    case .value(let value): return isKey(value)
    case .any(let values): return values.count <= Self.fewKeys && values.allSatisfy(isKey)
    case .except, .prefix, .text, .textAny, .phrase: return false
    }
  }

  /// Whether one key is looked up, whose set is there.
  func asksKey(_ condition: Condition) -> Bool {
    if case .match(_, .value(let value)) = condition { isKey(value) } else { false }
  }

  private static let fewKeys = 8

  /// Whether the index knows exactly which rows have the value.
  private func isKey(_ value: MatchValue) -> Bool {
    switch (value, field.params) {
    case (.string, .keyword), (.integer, .integer), (.unsigned, .integer), (.bool, .bool): true
    default: false
    }
  }

  private var index: FieldIndex { field.index }

  func answer(_ condition: Condition) -> FilterAnswer {
    switch condition {
    case .isEmpty: return FilterAnswer(exactly: .allBut(index.rows(.filled)))
    case .isNull: return FilterAnswer(exactly: index.rows(.null))
    case .match(_, let match): return answer(match)
    case .range(_, let range): return answer(range)
    case .datetimeRange(_, let range): return answer(range)
    case .geoBoundingBox(_, let box): return IndexedPlaces(field).answer(box)
    case .geoRadius(_, let circle): return IndexedPlaces(field).answer(circle)
    case .geoPolygon(_, let polygon): return IndexedPlaces(field).answer(polygon)
    case .valuesCount, .hasID, .hasVector, .slice, .nested, .filter, .not:
      return .unknown
    }
  }

  /// At most how many rows pass; `nil` when only a list would tell.
  func estimate(_ condition: Condition) -> Int? {
    switch condition {
    case .isNull: return index.count(.null)
    case .match(_, .value(let value)): return estimate(value)
    case .match(_, .any(let values)):
      return goingOn(with: values).reduce(0) { $0 + estimate($1) }
    case .match(_, .prefix(let prefix)):
      guard case .keyword = field.params else { return index.count(.valued) }
      return index.count(textPrefix: prefix)
    case .match(_, .text(let text)), .match(_, .phrase(let text)):
      guard case .text(let params) = field.params else { return index.count(.valued) }
      return goingOn(with: TextAnalyzer(params).queryTokens(text, pace))
        .map { index.count(text: $0) }.min() ?? 0
    case .match(_, .textAny(let text)):
      guard case .text(let params) = field.params else { return index.count(.valued) }
      return goingOn(with: TextAnalyzer(params).queryTokens(text, pace))
        .reduce(0) { $0 + index.count(text: $1) }
    case .range(_, let range):
      guard let ends = WordRange(range, field.params) else { return index.count(.foreign) }
      return index.count(wordsNot: ends.isBelow, nor: ends.isAbove) + index.count(.foreign)
    case .datetimeRange(_, let range):
      guard case .datetime = field.params, let ends = WordRange(range) else {
        return index.count(.valued)
      }
      return index.count(wordsNot: ends.isBelow, nor: ends.isAbove) + index.count(.foreign)
    case .match(_, .except), .geoBoundingBox, .geoRadius, .geoPolygon: return index.count(.valued)
    case .isEmpty, .valuesCount, .hasID, .hasVector, .slice, .nested, .filter, .not:
      return nil
    }
  }

  /// Some value must hold: only rows that have one can pass.
  private var undecided: FilterAnswer {
    FilterAnswer(sure: .none, possible: .only(index.rows(.valued)))
  }

  /// Those of `keys`, each to be looked up, that come before the end.
  private func goingOn<Keys: Sequence>(with keys: Keys) -> some Sequence<Keys.Element> {
    keys.lazy.prefix { _ in pace.step(Self.stepsPerKey) }
  }

  // MARK: Match

  private func answer(_ match: MatchCondition) -> FilterAnswer {
    switch match {
    case .value(let value): return answer(value)
    case .any(let values):
      return FilterAnswer.any(of: goingOn(with: values)) { answer($0) }
    case .except(let values): return answer(except: values)
    case .prefix(let prefix):
      guard case .keyword = field.params else { return undecided }
      return FilterAnswer(exactly: index.rows(textPrefix: prefix))
    case .text(let text):
      guard case .text(let params) = field.params else { return undecided }
      return FilterAnswer(exactly: rows(allOf: TextAnalyzer(params).queryTokens(text, pace)))
    case .textAny(let text):
      guard case .text(let params) = field.params else { return undecided }
      let tokens = TextAnalyzer(params).queryTokens(text, pace)
      return FilterAnswer.any(of: goingOn(with: tokens)) {
        FilterAnswer(exactly: index.rows(text: $0))
      }
    case .phrase(let text):
      guard case .text(let params) = field.params else { return undecided }
      if params.phraseMatching != true { return FilterAnswer(exactly: .none) }
      let tokens = TextAnalyzer(params).documentTokens(text, pace)
      let rows = rows(allOf: Set(tokens))
      return tokens.count == 1
        ? FilterAnswer(exactly: rows) : FilterAnswer(.empty, orPerhaps: rows)
    }
  }

  /// The rows of all tokens, the rarest first; none without tokens.
  private func rows(allOf tokens: Set<String>) -> RowSet {
    let ordered = goingOn(with: tokens).map { (token: $0, count: index.count(text: $0)) }
      .sorted { $0.count < $1.count }
    guard let rarest = ordered.first, rarest.count > 0 else { return .empty }
    return ordered.dropFirst().reduce(index.rows(text: rarest.token)) { rows, next in
      rows.isEmpty ? rows : index.rows(text: next.token, among: rows)
    }
  }

  /// A value of the kind that keys stand for is looked up; another can only be a foreign one.
  private func answer(_ value: MatchValue) -> FilterAnswer {
    switch (value, field.params) {
    case (.string(let string), .keyword):
      return FilterAnswer(exactly: index.rows(text: string, among: candidates))
    case (.integer(let integer), .integer):
      return FilterAnswer(exactly: index.rows(word: KeyCoding.word(integer), among: candidates))
    case (.unsigned(let unsigned), .integer):
      return FilterAnswer(exactly: index.rows(word: KeyCoding.word(unsigned), among: candidates))
    case (.bool(let bool), .bool):
      return FilterAnswer(exactly: index.rows(word: KeyWord(bool ? 1 : 0), among: candidates))
    case (.integer(let integer), .float):
      // Only numbers spelled as integers are equal to one.
      return FilterAnswer(
        .empty, orPerhaps: index.rows(word: KeyCoding.word(Double(integer))))
    case (.unsigned(let unsigned), .float):
      return FilterAnswer(
        .empty, orPerhaps: index.rows(word: KeyCoding.word(Double(unsigned))))
    case (.string(let string), .uuid): return answer(uuid: string)
    case (.string, .datetime), (.string, .text): return undecided
    case (.string, .integer), (.string, .float), (.string, .bool), (.string, .geo),
      (.integer, .keyword), (.integer, .bool), (.integer, .datetime), (.integer, .uuid),
      (.integer, .geo), (.integer, .text), (.unsigned, .keyword), (.unsigned, .bool),
      (.unsigned, .datetime), (.unsigned, .uuid), (.unsigned, .geo), (.unsigned, .text),
      (.bool, .keyword), (.bool, .integer), (.bool, .float),
      (.bool, .datetime), (.bool, .uuid), (.bool, .geo), (.bool, .text):
      return FilterAnswer(.empty, orPerhaps: index.rows(.foreign))
    }
  }

  private func answer(uuid string: String) -> FilterAnswer {
    let foreign = index.rows(.foreign)
    guard let uuid = PointUUID(string) else { return FilterAnswer(.empty, orPerhaps: foreign) }
    let rows = index.rows(uuidHigh: uuid.high, low: uuid.low, among: candidates)
    let isCanonical = uuid.description.utf8.elementsEqual(string.utf8)
    if isCanonical, foreign.isEmpty { return FilterAnswer(exactly: rows) }
    return FilterAnswer(.empty, orPerhaps: rows)
  }

  private func estimate(_ value: MatchValue) -> Int {
    switch (value, field.params) {
    case (.string(let string), .keyword): return index.count(text: string)
    case (.integer(let integer), .integer): return index.count(word: KeyCoding.word(integer))
    case (.integer(let integer), .float):
      return index.count(word: KeyCoding.word(Double(integer)))
    case (.unsigned(let unsigned), .integer): return index.count(word: KeyCoding.word(unsigned))
    case (.unsigned(let unsigned), .float):
      return index.count(word: KeyCoding.word(Double(unsigned)))
    case (.bool(let bool), .bool): return index.count(word: KeyWord(bool ? 1 : 0))
    case (.string(let string), .uuid):
      guard let uuid = PointUUID(string) else { return index.count(.foreign) }
      return index.count(uuidHigh: uuid.high, low: uuid.low)
    case (.string, .datetime), (.string, .text): return index.count(.valued)
    default: return index.count(.foreign)
    }
  }

  /// A row with a value besides the unwanted ones passes, and one whose only value is unwanted
  /// does not; of several values some may be wanted.
  private func answer(except values: Set<MatchValue>) -> FilterAnswer {
    let unwanted = FilterAnswer.any(of: goingOn(with: values)) { answer($0) }
    let valued = RowSelection.only(index.rows(.valued))
    let multiple = RowSelection.only(index.rows(.multiple))
    return FilterAnswer(
      sure: valued.subtracting(unwanted.possible),
      possible: valued.subtracting(unwanted.sure.subtracting(multiple)))
  }

  // MARK: Ranges

  private func answer(_ range: RangeCondition) -> FilterAnswer {
    guard let ends = WordRange(range, field.params) else {
      return FilterAnswer(.empty, orPerhaps: index.rows(.foreign))
    }
    let rows = index.rows(wordsNot: ends.isBelow, nor: ends.isAbove)
    if case .integer = field.params {
      // An index of integers does not know other numbers.
      return FilterAnswer(rows, orPerhaps: index.rows(.foreign))
    }
    // An index of doubles can't tell integers that are rounded to the double of a bound.
    let lowest = Self.roundedWords([range.greaterThan, range.greaterThanOrEqual])
    let highest = Self.roundedWords([range.lessThan, range.lessThanOrEqual])
    if lowest.isEmpty, highest.isEmpty { return FilterAnswer(exactly: rows) }
    let sure = index.rows(
      wordsNot: { word in ends.isBelow(word) || lowest.contains { word <= $0 } },
      nor: { word in ends.isAbove(word) || highest.contains { word >= $0 } })
    return FilterAnswer(
      sure, orPerhaps: RowSet.union(of: (lowest + highest).map { index.rows(word: $0) }))
  }

  /// The words of those bounds that stand for other integers too.
  private static func roundedWords(_ bounds: [Number?]) -> [KeyWord] {
    bounds.compactMap { $0?.double }.filter { abs($0) >= Number.exactDoubles }
      .map { KeyCoding.word($0) }
  }

  private func answer(_ range: DatetimeRange) -> FilterAnswer {
    guard case .datetime = field.params, let ends = WordRange(range) else { return undecided }
    // Rows with a leap second are among both.
    let foreign = index.rows(.foreign)
    let rows = index.rows(wordsNot: ends.isBelow, nor: ends.isAbove)
    return FilterAnswer(rows.subtracting(foreign), orPerhaps: foreign)
  }
}

/// The words within bounds: those that are neither below nor above.
struct WordRange {
  let isBelow: (KeyWord) -> Bool
  let isAbove: (KeyWord) -> Bool

  /// Bounds on numbers, for indexes whose words are numbers; otherwise `nil`.
  init?(_ range: RangeCondition, _ params: PayloadIndexParams) {
    let number: (KeyWord) -> Number
    switch params {
    case .integer: number = { Number(integerOf: $0) }
    case .float: number = { .double(KeyCoding.double($0)) }
    case .keyword, .geo, .text, .bool, .datetime, .uuid: return nil
    }
    if let words = Bounds<KeyWord>(range, params) {
      self.init(words)
      return
    }
    self.init(
      isBelow: { !range.lowerHalf.contains(number($0)) },
      isAbove: { !range.upperHalf.contains(number($0)) })
  }

  private init(isBelow: @escaping (KeyWord) -> Bool, isAbove: @escaping (KeyWord) -> Bool) {
    self.isBelow = isBelow
    self.isAbove = isAbove
  }

  /// Bounds on moments; `nil` when one of them lies within a leap second.
  init?(_ range: DatetimeRange) {
    let bounds = [
      range.lessThan, range.lessThanOrEqual, range.greaterThan, range.greaterThanOrEqual,
    ]
    if bounds.contains(where: { $0.map { $0.fraction >= 1_000_000 } ?? false }) { return nil }
    let word = { (moment: Datetime) in KeyCoding.word(moment.microseconds) }
    self.init(
      Bounds(
        lessThan: range.lessThan.map(word), lessThanOrEqual: range.lessThanOrEqual.map(word),
        greaterThan: range.greaterThan.map(word),
        greaterThanOrEqual: range.greaterThanOrEqual.map(word)))
  }

  /// Words are in the order of what they stand for.
  private init(_ words: Bounds<KeyWord>) {
    let least = (words.greaterThan, words.greaterThanOrEqual)
    let most = (words.lessThan, words.lessThanOrEqual)
    isBelow = { word in
      if let bound = least.0, word <= bound { return true }
      if let bound = least.1, word < bound { return true }
      return false
    }
    isAbove = { word in
      if let bound = most.0, word >= bound { return true }
      if let bound = most.1, word > bound { return true }
      return false
    }
  }
}

extension Bounds<KeyWord> {
  /// The words of bounds on numbers; `nil` where a bound has none of its own: 1.5 among integers.
  fileprivate init?(_ range: RangeCondition, _ params: PayloadIndexParams) {
    var hasWords = true
    func word(_ number: Number?) -> KeyWord? {
      guard let number else { return nil }
      let word = number.word(params)
      if word == nil { hasWords = false }
      return word
    }
    self.init(
      lessThan: word(range.lessThan), lessThanOrEqual: word(range.lessThanOrEqual),
      greaterThan: word(range.greaterThan), greaterThanOrEqual: word(range.greaterThanOrEqual))
    if !hasWords { return nil }
  }
}

extension Number {
  /// The word that stands for this number, and no other, in an index of numbers.
  fileprivate func word(_ params: PayloadIndexParams) -> KeyWord? {
    switch (self, params) {
    case (.integer(let integer), .integer): return KeyCoding.word(integer)
    case (.unsigned(let unsigned), .integer): return KeyCoding.word(unsigned)
    case (.double(let double), .float): return double.isNaN ? nil : KeyCoding.word(double)
    case (.integer, .float):
      return abs(double) < Self.exactDoubles ? KeyCoding.word(double) : nil
    default: return nil
    }
  }

  /// The integer that a word of an index of integers stands for.
  init(integerOf word: KeyWord) {
    self = word.isUpper ? .unsigned(word.bits) : .integer(KeyCoding.integer(word))
  }
}

extension Bounds {
  /// What is demanded of the value from below.
  fileprivate var lowerHalf: Bounds {
    Bounds(greaterThan: greaterThan, greaterThanOrEqual: greaterThanOrEqual)
  }

  /// What is demanded of the value from above.
  fileprivate var upperHalf: Bounds {
    Bounds(lessThan: lessThan, lessThanOrEqual: lessThanOrEqual)
  }
}
