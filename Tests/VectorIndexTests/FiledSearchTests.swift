import Foundation
import RowSets
import SeededRandom
import Synchronization
import Testing
import VectorIndex

/// Searches among rows in files find what they find in memory, bit by bit.
@Suite struct FiledSearchTests {
  private static let dimension = 300

  @Test(arguments: [ElementType.float32, .float16, .uint8, .turbo4])
  func searchesAreThoseOfMemory(_ element: ElementType) throws {
    let folder = try FileFolder()
    var random = SeededGenerator(seed: 211)
    let rows = ClusteredRows(dimension: Self.dimension, element: element, random: &random)
    rows.add(4 * rows.column.rowsPerChunk + 300, &random)
    rows.remove(400, &random)
    let metric = Metric.squaredEuclid
    let inMemory = rows.column.view()
    let visibility = rows.view
    let index = try IVFFlatIndex.build(
      metric: metric, parameters: IVFParameters(), rows: inMemory, visibility: visibility,
      shouldContinue: { _ in true })
    try folder.move(
      rows.column, below: UInt32(rows.rows.count), reads: PageReads(cacheBytes: 1 << 20))
    let inFiles = rows.column.view()
    let queries = (0..<9).map { number in
      var query = SearchQuery(vector: rows.randomRow(&random), limit: number % 5 == 0 ? 200 : 10)
      if number % 3 == 1 {
        let share = number % 2 == 0 ? 50 : 2
        let rowCount = UInt32(rows.rows.count)
        let chosen = (0..<rowCount).filter { _ in Int.random(in: 0..<100, using: &random) < share }
        query.allowed = RowSet(chosen).mask(below: rowCount)
      }
      return query
    }
    for search in [
      ExactScan(metric: metric) as any VectorSearching,
      IVFSearch(index.view(), effort: .recall(0.95)), IVFSearch(index.view(), effort: .recall(1)),
    ] {
      for batch in [queries, [queries[0]], [queries[1]], [queries[4]]] {
        let expected = try search.search(
          batch, in: inMemory, visibility: visibility, shouldStop: { false })
        let found = try search.search(
          batch, in: inFiles, visibility: visibility, shouldStop: { false })
        #expect(found == expected)
      }
    }
    let query = ScorerQuery(inMemory.scorer(for: queries[0].vector, metric: metric), limit: 0)
    let filed = ScorerQuery(inFiles.scorer(for: queries[0].vector, metric: metric), limit: 0)
    var expected = try RankedScan(query, visibility: visibility, shouldStop: { false })
    var found = try RankedScan(filed, visibility: visibility, shouldStop: { false })
    #expect(found.next(500) == expected.next(500))
    #expect(found.next(.max) == expected.next(.max))
  }

  /// Lists are made of the same numbers.
  @Test(arguments: [Metric.dot, .squaredEuclid, .cosine])
  func indexesAreThoseOfMemory(_ metric: Metric) throws {
    let folder = try FileFolder()
    var random = SeededGenerator(seed: 212)
    let rows = ClusteredRows(dimension: Self.dimension, random: &random)
    rows.add(2 * rows.column.rowsPerChunk + 100, &random)
    let inMemory = rows.column.view()
    let visibility = rows.view
    try folder.move(
      rows.column, below: UInt32(rows.rows.count), reads: PageReads(cacheBytes: 1 << 20))
    let indexes = try [inMemory, rows.column.view()].map { view in
      try IVFFlatIndex.build(
        metric: metric, parameters: IVFParameters(), rows: view, visibility: visibility,
        shouldContinue: { _ in true })
    }
    let bytes = try indexes.map { index in
      var bytes: [UInt8] = []
      try index.serialize { (piece) throws in bytes += piece }
      return bytes
    }
    #expect(bytes[0] == bytes[1])
  }

  /// A file takes another's place while the rows of that are read into memory: they are in both
  /// then, others in a file only, and each is found once.
  @Test func rowsInMemoryAndInAFileAreFoundOnce() throws {
    let folder = try FileFolder()
    var random = SeededGenerator(seed: 215)
    let rows = ClusteredRows(dimension: Self.dimension, random: &random)
    rows.add(4 * rows.column.rowsPerChunk + 10, &random)
    let column = rows.column
    let visibility = rows.view
    let query = SearchQuery(vector: rows.randomRow(&random), limit: rows.rows.count)
    let exact = ExactScan(metric: .squaredEuclid)
    let expected = try exact.search(
      [query], in: column.view(), visibility: visibility, shouldStop: { false })
    let reads = PageReads(cacheBytes: 1 << 20)
    try folder.move(column, below: UInt32(rows.rows.count), reads: reads)
    try #require(column.files.count > 1)
    let old = column.files[0]
    var offsets: [UInt32] = []
    old.forEachRow { offsets.append($0) }
    let path = try folder.write(offsets, of: column, rows: old.header.rows, name: "again")
    let new = try RowFile(path: path, truth: { _, _ in false })
    var isInstalled = false
    let isRestored = column.restore(old, in: column.view(), visibility) {
      if !isInstalled { column.install(new, replacing: [old], reads: reads) }
      isInstalled = true
      return false
    }
    #expect(isRestored && column.files.contains { $0 === new })
    let found = try exact.search(
      [query], in: column.view(), visibility: visibility, shouldStop: { false })
    #expect(found == expected)
  }

  @Test func rowsGoIntoFilesAndBackWhileTheyAreRead() throws {
    let folder = try FileFolder()
    var random = SeededGenerator(seed: 213)
    let rows = ClusteredRows(dimension: Self.dimension, random: &random)
    rows.add(3 * rows.column.rowsPerChunk + 10, &random)
    let column = rows.column
    let expected = rows.rows
    let visibility = rows.view
    let isDone = Atomic<Bool>(false)
    let failures = Atomic<Int>(0)
    let readers = (0..<2).map { number in
      let finished = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        var random = SeededGenerator(seed: 214 + UInt64(number))
        while !isDone.load(ordering: .acquiring) {
          let view = column.view()
          for _ in 0..<50 {
            let offset = Int.random(in: 0..<expected.count, using: &random)
            let query = expected[offset]
            let scores = view.scorer(for: query, metric: .squaredEuclid).scores(
              at: [UInt32(offset)])
            if view.row(UInt32(offset)) != query || scores != [0] {
              failures.add(1, ordering: .relaxed)
            }
          }
        }
        finished.signal()
      }
      return finished
    }
    let reads = PageReads(cacheBytes: 256 << 10)
    let inMemory = column.residentBytes
    for _ in 0..<3 {
      try folder.move(column, below: UInt32(expected.count), chunks: 1, reads: reads)
      #expect(column.residentBytes < inMemory / 2)
      for file in column.files {
        #expect(column.restore(file, in: column.view(), visibility, shouldStop: { false }))
      }
      #expect(column.residentBytes == inMemory)
      #expect(!column.view().hasFiles)
    }
    isDone.store(true, ordering: .releasing)
    for reader in readers { reader.wait() }
    #expect(failures.load(ordering: .relaxed) == 0)
  }
}
