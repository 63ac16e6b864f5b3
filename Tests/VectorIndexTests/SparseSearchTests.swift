import RowSets
import SeededRandom
import Testing
import VectorIndex

@Suite struct SparseSearchTests {
  private static let variants = KernelVariant.allCases.filter {
    $0.isSupported && ($0 == .scalar || $0 == .avx512)
  }

  private func expectExact(
    _ fixture: SparseFixture, queries: Int, _ random: inout SeededGenerator
  ) throws {
    for _ in 0..<queries {
      let length = [1, 2, 8, 30, 400].randomElement(using: &random) ?? 8
      let vector = fixture.vector(length, &random)
      let limit = [1, 3, 10, 100, 100_000].randomElement(using: &random) ?? 1
      let allowed = fixture.randomMask(&random)
      var expected = fixture.ranked(vector, minimumScore: nil, allowed: allowed)
      let minimum =
        Bool.random(using: &random) ? expected.map(\.score).randomElement(using: &random) : nil
      if minimum != nil {
        expected = fixture.ranked(vector, minimumScore: minimum, allowed: allowed)
      }
      for variant in Self.variants {
        let query = SparseSearchQuery(
          vector: SparseQuery(vector, using: variant), limit: limit, minimumScore: minimum,
          allowed: allowed)
        let found = try fixture.search(using: variant).search([query], shouldStop: { false })[0]
        #expect(found == Array(expected.prefix(limit)))
      }
    }
  }

  @Test(arguments: SparseFixture.Weights.allCases, [300, 3000, 9000])
  func findsWhatBruteForceFinds(_ weights: SparseFixture.Weights, rows: Int) throws {
    var random = SeededGenerator(seed: UInt64(rows))
    var fixture = SparseFixture(weights)
    for _ in 0..<3 {
      fixture.add(rows / 3, &random)
      fixture.updateIndex()
      try expectExact(fixture, queries: 4, &random)
      fixture.remove(0.1, &random)
      try expectExact(fixture, queries: 4, &random)
    }
    fixture.remove(0.7, &random)
    fixture.updateIndex()
    try expectExact(fixture, queries: 8, &random)
  }

  @Test(arguments: [ElementType.float16, .uint8], SparseFixture.Weights.allCases)
  func searchesAreExactForTheWeightsThatAreKept(
    _ element: ElementType, _ weights: SparseFixture.Weights
  ) throws {
    var random = SeededGenerator(seed: 21)
    var fixture = SparseFixture(weights, keeping: element)
    for _ in 0..<2 {
      fixture.add(1_500, length: 25, &random)
      fixture.updateIndex()
      fixture.add(100, length: 25, &random)
      fixture.remove(0.1, &random)
      try expectExact(fixture, queries: 6, &random)
    }
  }

  @Test func rowsBeyondOneSegmentAreFound() throws {
    var random = SeededGenerator(seed: 5)
    var fixture = SparseFixture(.skewed)
    fixture.add(70_000, length: 4, &random)
    fixture.updateIndex()
    fixture.add(1_000, length: 4, &random)
    try expectExact(fixture, queries: 6, &random)
  }

  @Test func segmentsWhoseListsDoNotFitAtOnceAreSearched() throws {
    var random = SeededGenerator(seed: 9)
    var fixture = SparseFixture(.skewed)
    // The first is more than four times as large as what comes after it.
    for count in [6_000, 1_300] {
      fixture.add(count, &random)
      fixture.updateIndex()
    }
    fixture.remove(0.05, &random)
    for _ in 0..<10 {
      let vector = fixture.vector(40, &random)
      let expected = fixture.ranked(vector, minimumScore: nil, allowed: nil).prefix(20)
      for variant in Self.variants {
        let query = SparseSearchQuery(vector: SparseQuery(vector, using: variant), limit: 20)
        let search = fixture.search(using: variant, window: 1)
        #expect(search.index.segmentCount > 1)
        #expect(try search.search([query], shouldStop: { false })[0] == Array(expected))
      }
    }
  }

  @Test func earlierReadersGetTheOldAnswer() throws {
    var random = SeededGenerator(seed: 6)
    var fixture = SparseFixture(.coarse)
    fixture.add(2000, &random)
    fixture.updateIndex()
    let before = fixture
    let search = fixture.search(using: .scalar)
    fixture.remove(0.9, &random)
    fixture.add(2000, &random)
    fixture.updateIndex()
    let vector = fixture.vector(20, &random)
    let query = SparseSearchQuery(vector: SparseQuery(vector, using: .scalar), limit: 50)
    let found = try search.search([query], shouldStop: { false })[0]
    #expect(found == Array(before.ranked(vector, minimumScore: nil, allowed: nil).prefix(50)))
    try expectExact(fixture, queries: 4, &random)
  }

  @Test func aStoppedSearchThrows() {
    var random = SeededGenerator(seed: 7)
    var fixture = SparseFixture(.skewed)
    fixture.add(3000, &random)
    fixture.updateIndex()
    let query = SparseSearchQuery(
      vector: SparseQuery(fixture.vector(20, &random), using: .scalar), limit: 5)
    let search = fixture.search(using: .scalar)
    #expect(throws: SearchInterrupted.self) {
      try search.search([query], shouldStop: { true })
    }
  }

  @Test func scorersGiveTheScoresOfSearches() throws {
    var random = SeededGenerator(seed: 8)
    var fixture = SparseFixture(.signed)
    fixture.add(600, &random)
    for length in [10, 1000] {
      let vector = fixture.vector(length, &random)
      let scorer = fixture.column.view().scorer(for: SparseQuery(vector, using: .scalar))
      var block = [Float](repeating: .nan, count: 600)
      let isThere = block.withUnsafeMutableBufferPointer { scorer.score(0..<600, into: $0) }
      #expect(isThere)
      let single = scorer.scores(at: Array(0..<600))
      for offset in 0..<600 {
        let expected = fixture.rows[offset].map { SparseFixture.score(vector, $0) ?? 0 }
        #expect(single[offset] == expected)
        if let expected { #expect(block[offset] == expected) }
      }
    }
  }

  @Test func documentsAreCountedAtTheCommit() throws {
    var random = SeededGenerator(seed: 9)
    var fixture = SparseFixture(.coarse)
    let indices: [UInt32] = (0..<40).map { UInt32($0 * $0) &* 7 }
    func expectCounts(_ fixture: SparseFixture, _ allowed: RowMask?) throws {
      let counts = try fixture.index.view().documentCounts(
        of: indices, column: fixture.column.view(), visibility: fixture.visibilityView,
        allowed: allowed, shouldStop: { false })
      let rows = fixture.live.filter { allowed?.contains($0) ?? true }
        .compactMap { fixture.rows[Int($0)] }
      #expect(counts.documents == rows.count { !$0.isEmpty })
      #expect(counts.counts == indices.map { index in rows.count { $0[index] != nil } })
    }
    for share in [0, 0.01, 0.3, 0.8] {
      fixture.add(4000, &random)
      fixture.updateIndex()
      fixture.remove(share, &random)
      try expectCounts(fixture, nil)
      try expectCounts(fixture, fixture.randomMask(&random))
      fixture.add(100, &random)
      try expectCounts(fixture, nil)
    }
  }
}
