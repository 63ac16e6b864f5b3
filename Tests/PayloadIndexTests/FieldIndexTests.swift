import PayloadIndex
import RowSets
import SeededRandom
import Testing

/// Random rows in random segments, merged at random, against a dictionary of the rows.
@Suite struct FieldIndexTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func answersLikeADictionary(_ seed: UInt64) {
    var run = IndexRun(seed: seed)
    for step in 0..<60 {
      run.commit(rows: [1, 3, 40, 2500][step % 4])
      if step % 3 == 2 { run.merge() }
      if step % 6 == 5 { run.check("seed \(seed), step \(step)") }
    }
  }

  @Test func aReplacedRowIsForgottenByOlderSegments() throws {
    func segment(_ word: UInt64, replaces: Bool, commit: UInt64) throws -> FieldSegment {
      var builder = FieldSegmentBuilder(.words)
      var values = RowValues()
      values.words = [KeyWord(word)]
      builder.add(values, at: 5, replaces: replaces) { _ in true }
      return try #require(builder.finish(commit: commit) { _ in true })
    }
    let index = FieldIndex([
      try segment(1, replaces: false, commit: 1), try segment(2, replaces: true, commit: 2),
    ])
    #expect(index.rows(word: KeyWord(1)).isEmpty)
    #expect(index.rows(word: KeyWord(2)).offsets == [5])
    #expect(FieldIndex([index.segments[0]]).rows(word: KeyWord(1)).offsets == [5])
  }

  /// A row of many keys is entered no further than there is room.
  @Test(arguments: [FieldKeyKind.words, .texts, .uuids])
  func oneRowIsNotEnteredBeyondItsRoom(kind: FieldKeyKind) {
    var values = RowValues()
    values.words = (0..<50_000).map { KeyWord(UInt64($0)) }
    values.texts = (0..<50_000).map { "a key that is a long one: \($0)" }
    values.uuids = (0..<50_000).map { (high: 1, low: UInt64($0)) }
    func held(_ room: Int) -> Int {
      var builder = FieldSegmentBuilder(kind)
      builder.add(
        values, at: 1, replaces: false, while: { _ in true }, hasRoom: { $0 < room })
      return builder.heldBytes
    }
    let whole = held(.max)
    #expect(held(whole / 4) < whole / 2)
  }

  /// Making and merging segments ends where it is told to.
  @Test func workOnManyKeysEndsWhenAsked() throws {
    func builder(_ while: (Int) -> Bool) -> FieldSegmentBuilder {
      var builder = FieldSegmentBuilder(.texts)
      var values = RowValues()
      values.texts = (0..<1000).map { "key-\($0)" }
      builder.add(values, at: 1, replaces: false, while: `while`)
      return builder
    }
    var asked = 0
    _ = builder { _ in
      asked += 1
      return asked < 10
    }
    #expect(asked >= 10)
    let whole = builder { _ in true }
    #expect(whole.finish(commit: 1) { _ in false } == nil)
    let segment = try #require(whole.finish(commit: 1) { _ in true })
    var steps = 0
    let goesOn = { (count: Int) in
      steps += count
      return steps < 2000
    }
    let ended = segment.merging(
      segment, isBottom: true, isDead: { _ in false }, while: goesOn)
    #expect(ended == nil)
    #expect(steps < 3000)
  }
}

private struct IndexRun {
  private var generator: SeededGenerator
  private var segments: [FieldSegment] = []
  private var texts: [FieldSegment] = []
  private var rows: [UInt32: [UInt64]] = [:]
  private var dead: Set<UInt32> = []
  private var next: UInt32 = 0
  private var sequence: UInt64 = 0

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Some rows are new, some replace others, and some die.
  mutating func commit(rows count: Int) {
    sequence += 1
    var words = FieldSegmentBuilder(.words)
    var strings = FieldSegmentBuilder(.texts)
    var touched: Set<UInt32> = []
    for _ in 0..<count {
      let old = rows.isEmpty ? nil : UInt32.random(in: 0..<next, using: &generator)
      let isEdit = Int.random(in: 0..<4, using: &generator) == 0
      var offset = next
      if isEdit, let old, rows[old] != nil { offset = old } else { next += 1 }
      guard touched.insert(offset).inserted else { continue }
      var values = RowValues()
      // Few values are frequent, so that they have sets of their own.
      let keys = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        Bool.random(using: &generator)
          ? UInt64(7) : UInt64.random(in: 0..<2000, using: &generator)
      }
      values.words = keys.map(Self.word)
      values.texts = keys.map(Self.text)
      values.leafCount = keys.count
      values.valuedCount = keys.count
      values.isFilled = !keys.isEmpty
      words.add(values, at: offset, replaces: offset != next - 1 || isEdit) { _ in true }
      strings.add(values, at: offset, replaces: offset != next - 1 || isEdit) { _ in true }
      rows[offset] = keys
    }
    if let segment = words.finish(commit: sequence, while: { _ in true }) {
      segments.append(segment)
    }
    if let segment = strings.finish(commit: sequence, while: { _ in true }) {
      texts.append(segment)
    }
    for _ in 0..<count / 5 {
      let offset = UInt32.random(in: 0..<next, using: &generator)
      if rows.removeValue(forKey: offset) != nil { dead.insert(offset) }
    }
  }

  /// Half of the words are in the upper plane.
  private static func word(_ key: UInt64) -> KeyWord {
    KeyCoding.word(key < 1000 ? key : UInt64.max / 2 + key)
  }

  private static func text(_ word: UInt64) -> String { "key-\(word % 100)-\(word)" }

  mutating func merge() {
    guard segments.count > 1 else { return }
    let first = Int.random(in: 0..<segments.count - 1, using: &generator)
    let dead = dead
    for path in [\IndexRun.segments, \IndexRun.texts] {
      let merged = self[keyPath: path][first].merging(
        self[keyPath: path][first + 1], isBottom: first == 0, isDead: { dead.contains($0) },
        while: { _ in true })
      guard let merged else { continue }
      self[keyPath: path].replaceSubrange(first...first + 1, with: [merged])
    }
  }

  mutating func check(_ context: Comment) {
    let index = FieldIndex(segments)
    let strings = FieldIndex(texts)
    for _ in 0..<40 {
      let word = Bool.random(using: &generator) ? 7 : UInt64.random(in: 0..<2000, using: &generator)
      let expected = rowsWith { $0 == word }
      #expect(live(index.rows(word: Self.word(word))) == expected, context)
      #expect(index.count(word: Self.word(word)) >= expected.count, context)
      #expect(live(strings.rows(text: Self.text(word))) == expected, context)
      let some = RowSet(rows.keys.filter { $0 % 3 == UInt32(word % 3) })
      for among in [some, .empty] {
        let left = expected.filter(among.contains)
        #expect(live(index.rows(word: Self.word(word), among: among)) == left, context)
        #expect(live(strings.rows(text: Self.text(word), among: among)) == left, context)
      }
      let bounds = [word, UInt64.random(in: 0..<2000, using: &generator)].sorted()
      let inRange = rowsWith { bounds[0] <= $0 && $0 <= bounds[1] }
      #expect(
        live(
          index.rows(
            wordsNot: { $0 < Self.word(bounds[0]) }, nor: { $0 > Self.word(bounds[1]) }))
          == inRange, context)
      let prefix = "key-\(word % 100)-"
      #expect(
        live(strings.rows(textPrefix: prefix)) == rowsWith { Self.text($0).hasPrefix(prefix) },
        context)
    }
    #expect(live(index.rows(.indexed)) == rowsWith { _ in true }, context)
    #expect(
      live(index.rows(.multiple)) == rows.filter { $0.value.count > 1 }.keys.sorted(), context)
    checkOrder(index, strings, context)
  }

  private mutating func checkOrder(
    _ index: FieldIndex, _ strings: FieldIndex, _ context: Comment
  ) {
    let words = Set(rows.values.flatMap { $0 }).sorted()
    var seen: [FieldKey] = []
    strings.forEachKey { key, rows in
      if !live(rows).isEmpty { seen.append(key) }
      return true
    }
    let sorted = words.map(Self.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(seen == sorted.map { .text($0) }, context)
    let start = UInt64.random(in: 0..<2000, using: &generator)
    for descending in [false, true] {
      var visited: [KeyWord] = []
      let first = Self.word(start)
      let isBefore = { (word: KeyWord) in descending ? word > first : word < first }
      index.forEachWord(descending: descending, from: isBefore) { word, rows in
        if !live(rows).isEmpty { visited.append(word) }
        #expect(live(rows) == rowsWith { Self.word($0) == word }, context)
        return visited.count < 30
      }
      let wanted =
        descending ? words.filter { $0 <= start }.reversed() : words.filter { $0 >= start }
      #expect(visited == wanted.prefix(30).map(Self.word), context)
    }
  }

  private func live(_ set: RowSet) -> [UInt32] { set.offsets.filter { rows[$0] != nil } }

  private func rowsWith(_ isWanted: (UInt64) -> Bool) -> [UInt32] {
    rows.filter { $0.value.contains(where: isWanted) }.keys.sorted()
  }
}
