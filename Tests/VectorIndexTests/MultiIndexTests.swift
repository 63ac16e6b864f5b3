import RowSets
import SeededRandom
import Testing
import VectorIndex

/// Searches of multivectors through lists, beside scans of all rows.
@Suite struct MultiIndexTests {
  /// Rows of four to eight vectors around a few of many centres, as texts have their subjects.
  private final class Texts {
    static let dimension = 12
    let column = MultiColumn(dimension: dimension)
    let table = VisibilityTable()
    let index: MultiIndex
    let metric: Metric
    private(set) var rows: [[Float]] = []
    private(set) var sequence: UInt64 = 1
    private var random = SeededGenerator(seed: 171)
    private let centers: [[Float]]

    init(_ metric: Metric = .dot) {
      self.metric = metric
      index = MultiIndex(metric: metric)
      var random = SeededGenerator(seed: 172)
      centers = (0..<200).map { _ in random.vector(Self.dimension) }
    }

    func add(_ count: Int) {
      sequence += 1
      for _ in 0..<count {
        let subjects = (0..<3).map { _ in Int.random(in: 0..<centers.count, using: &random) }
        let row = (0..<Int.random(in: 4...8, using: &random)).flatMap { _ in
          let center = centers[subjects[Int.random(in: 0..<3, using: &random)]]
          return zip(center, random.vector(Self.dimension)).map { $0 + 0.3 * $1 }
        }
        let offset = UInt32(rows.count)
        column.write(row, at: offset)
        table.insert(offset, born: sequence)
        rows.append(row)
      }
    }

    func remove(_ offsets: some Sequence<UInt32>) {
      sequence += 1
      for offset in offsets { table.remove(offset, died: sequence) }
    }

    var visibility: VisibilityView { table.view(at: sequence, rowCount: UInt32(rows.count)) }

    func update() {
      while index.update(column: column.view(), visibility: visibility) {}
    }

    /// Something like a row.
    func query(like row: Int) -> [Float] {
      rows[row].map { $0 + Float.random(in: -0.2...0.2, using: &random) }
    }

    func search(
      _ query: [Float], effort: MultiEffort, limit: Int = 10, allowed: RowMask? = nil
    ) throws -> [Neighbor] {
      try MultiSearch(
        index: index.view(), column: column.view(), visibility: visibility, effort: effort
      ).search(query, limit: limit, allowed: allowed, shouldStop: { false })
    }

    func exact(_ query: [Float], limit: Int = 10, allowed: RowMask? = nil) throws -> [Neighbor] {
      try ExactScan.nearest(
        [
          ScorerQuery(
            column.view().scorer(for: query, metric: metric), limit: limit, allowed: allowed)
        ], visibility: visibility, shouldStop: { false })[0]
    }

    func recall(_ effort: MultiEffort, allowed: RowMask? = nil) throws -> Double {
      var hits = 0
      for row in stride(from: 0, to: 400, by: 10) {
        let query = query(like: row)
        let truth = try exact(query, allowed: allowed)
        let found = try search(query, effort: effort, allowed: allowed)
        #expect(found.count == truth.count)
        let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.offset, $0.score) })
        for neighbor in found {
          #expect(allowed?.contains(neighbor.offset) ?? true)
          guard let score = scores[neighbor.offset] else { continue }
          #expect(score == neighbor.score)
          hits += 1
        }
      }
      return Double(hits) / 400
    }
  }

  @Test(arguments: [Metric.dot, .cosine, .squaredEuclid, .manhattan])
  func findsNearlyAllOfTheBestRows(_ metric: Metric) throws {
    let texts = Texts(metric)
    texts.add(1_500)
    #expect(try texts.recall(.candidates(100)) == 1)  // There is no index yet: all are scored.
    texts.update()
    #expect(texts.index.view().end == 1_500)
    #expect(texts.index.residentBytes > 0)
    #expect(try texts.recall(.candidates(100)) >= 0.95)
    #expect(try texts.recall(.candidates(200)) >= 0.98)
    #expect(try texts.recall(.candidates(10)) < 1)
    let allowed = RowSet((0..<1_500).filter { $0 % 3 == 0 }).mask(below: 1_500)
    #expect(try texts.recall(.candidates(100), allowed: allowed) >= 0.9)
    let few = RowSet((0..<1_500).filter { $0 % 30 == 0 }).mask(below: 1_500)
    #expect(try texts.recall(.candidates(100), allowed: few) == 1)
  }

  @Test func followsRowsThatComeAndGo() throws {
    let texts = Texts()
    texts.add(600)
    texts.update()
    texts.add(300)
    // New rows are scored one by one.
    for row in 600..<620 {
      let query = texts.query(like: row)
      let found = try texts.search(query, effort: .candidates(50))
      #expect(found.first == (try texts.exact(query).first))
    }
    texts.update()
    #expect(texts.index.view().end == 600)
    texts.add(400)
    texts.update()
    #expect(texts.index.view().end == 1_300)
    #expect(texts.index.view().segmentCount == 1)
    #expect(try texts.recall(.candidates(100)) >= 0.95)
    let before = texts.index.residentBytes
    texts.remove(0..<900)
    for row in stride(from: 0, to: 100, by: 10) {
      let found = try texts.search(texts.query(like: row), effort: .candidates(50))
      #expect(found.allSatisfy { $0.offset >= 900 })
      #expect(found.count == 10)
    }
    texts.update()
    #expect(texts.index.residentBytes < before)
    // Five times as many vectors have other centroids trained.
    texts.add(4_000)
    texts.update()
    #expect(texts.index.view().end == 5_300)
    for row in 900..<920 {
      let query = texts.query(like: row)
      let found = try texts.search(query, effort: .candidates(100))
      #expect(found.first == (try texts.exact(query).first))
    }
  }

  private func bytes(of index: MultiIndex) -> (bytes: [UInt8], rows: UInt32) {
    var bytes: [UInt8] = []
    let rows = index.serialize { bytes.append(contentsOf: $0) }
    return (bytes, rows)
  }

  /// Reads an index from bytes as from a file that has no more of them.
  private func load(_ bytes: [UInt8], into index: MultiIndex) throws -> UInt32 {
    var rest = bytes[...]
    return try index.load(dimension: Texts.dimension) { target in
      guard target.count <= rest.count else { throw DamagedIndex(reason: "it ends early") }
      target.copyBytes(from: rest.prefix(target.count))
      rest = rest.dropFirst(target.count)
    }
  }

  @Test func isReadAsItWasWritten() throws {
    let texts = Texts()
    texts.add(2_600)
    texts.update()
    texts.add(550)
    texts.update()
    #expect(texts.index.view().segmentCount == 2)
    let saved = bytes(of: texts.index)
    #expect(saved.rows == 3_150)
    let copy = MultiIndex(metric: .dot)
    #expect(try load(saved.bytes, into: copy) == 3_150)
    #expect(bytes(of: copy).bytes == saved.bytes)
    #expect(copy.residentBytes == texts.index.residentBytes)
    func search(_ index: MultiIndex, _ query: [Float]) throws -> [Neighbor] {
      try MultiSearch(
        index: index.view(), column: texts.column.view(), visibility: texts.visibility,
        effort: .candidates(60)
      ).search(query, limit: 10, allowed: nil, shouldStop: { false })
    }
    for row in stride(from: 0, to: 3_150, by: 150) {
      let query = texts.query(like: row)
      #expect(try search(copy, query) == search(texts.index, query))
    }
    // It goes on from there.
    texts.add(600)
    while copy.update(column: texts.column.view(), visibility: texts.visibility) {}
    #expect(copy.view().end == 3_750)
  }

  @Test func refusesWhatMakesNoSense() throws {
    let texts = Texts()
    texts.add(600)
    texts.update()
    let (bytes, _) = bytes(of: texts.index)
    let header = 8 * 8
    let segment =
      header + Texts.dimension * 4 * Int(bytes[24]) + Texts.dimension * 1024 * Int(bytes[25])
    // Version, metric, dimension, centroids, segments, rows, vectors; a segment's rows, its lists.
    let places = [
      0, 8, 16, 27, 32, 40, 54, 62, segment, segment + 5, segment + 12, bytes.count - 3,
    ]
    for place in places {
      var damaged = bytes
      damaged[place] ^= 0x55
      let index = MultiIndex(metric: .dot)
      #expect(throws: DamagedIndex.self, "byte \(place)") { try load(damaged, into: index) }
      #expect(index.view().end == 0)
    }
    for count in stride(from: 0, to: bytes.count, by: 997) {
      #expect(throws: DamagedIndex.self) {
        try load(Array(bytes.prefix(count)), into: MultiIndex(metric: .dot))
      }
    }
    #expect(throws: DamagedIndex.self) { try load(bytes, into: MultiIndex(metric: .cosine)) }
    // Of an index without lists there is nothing to read.
    let (empty, rows) = self.bytes(of: MultiIndex(metric: .dot))
    #expect(rows == 0)
    #expect(throws: DamagedIndex.self) { try load(empty, into: MultiIndex(metric: .dot)) }
  }

  @Test func stopsWhenAskedTo() throws {
    let texts = Texts()
    texts.add(700)
    #expect(
      !texts.index.update(
        column: texts.column.view(), visibility: texts.visibility, shouldStop: { true }))
    #expect(texts.index.view().end == 0)
    texts.update()
    #expect(throws: SearchInterrupted()) {
      try MultiSearch(
        index: texts.index.view(), column: texts.column.view(), visibility: texts.visibility,
        effort: .candidates(20)
      ).search(texts.query(like: 0), limit: 3, allowed: nil, shouldStop: { true })
    }
  }
}
