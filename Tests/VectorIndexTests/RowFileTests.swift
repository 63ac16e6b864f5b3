import CRowFiles
import Foundation
import RowSets
import SeededRandom
import Testing
import VectorIndex

@Suite struct RowFileTests {
  private static let elements: [ElementType] = [.float32, .float16, .uint8, .turbo4]

  /// Rows on a page of their own, several on one, across pages, and of many pages.
  @Test(arguments: elements, [3, 700, 768, 5000])
  func rowsComeBackFromFiles(_ element: ElementType, _ dimension: Int) throws {
    let folder = try FileFolder()
    var random = SeededGenerator(seed: 201)
    for (cacheBytes, usesRings) in [(0, false), (0, true), (1 << 20, true), (64 << 20, false)] {
      let column = DenseColumn(dimension: dimension, element: element)
      let chunk = UInt32(column.rowsPerChunk)
      let rowCount = min(3 * chunk, chunk + 700) + 1
      var expected: [UInt32: [Float]] = [:]
      let step = max(1, Int(rowCount) / 150)
      for offset in stride(from: UInt32(0), to: rowCount, by: step) where offset % 7 != 3 {
        column.write(random.vector(dimension).map { $0 * 100 }, at: offset)
        expected[offset] = column.view().row(offset)
      }
      let before = column.view()
      let reads = PageReads(cacheBytes: cacheBytes, usesRings: usesRings)
      try folder.move(column, below: rowCount, reads: reads)
      let view = column.view()
      #expect(!before.hasFiles && view.hasFiles)
      #expect(column.movableRows(below: rowCount) == nil)
      for offset in stride(from: 0, through: rowCount, by: step / 2 + 1) {
        #expect(view.contains(offset) == (expected[offset] != nil))
      }
      for pass in 0..<2 {
        let offsets = Array(expected.keys)
        for offset in offsets { #expect(view.row(offset) == expected[offset]) }
        let query = random.vector(dimension)
        #expect(
          view.scorer(for: query, metric: .dot).scores(at: offsets)
            == before.scorer(for: query, metric: .dot).scores(at: offsets))
        if pass == 1, cacheBytes > 1 << 20 { #expect(reads.counts.hits > offsets.count) }
        #expect(reads.residentBytes <= cacheBytes)
      }
    }
  }

  private static let dimension = 768

  /// A file of one chunk, and what the rows were.
  private func chunkInFile(_ folder: FileFolder) throws -> (DenseColumn, [[Float]], String) {
    var random = SeededGenerator(seed: 202)
    let column = DenseColumn(dimension: Self.dimension)
    let rows = (0..<column.rowsPerChunk).map { _ in random.vector(Self.dimension) }
    for (offset, row) in rows.enumerated() { column.write(row, at: UInt32(offset)) }
    let count = UInt32(rows.count)
    let path = try folder.write(Array(0..<count), of: column, rows: 0..<count, name: "a")
    return (column, rows, path)
  }

  @Test func aFileOfMoreRowsThanThereAreIsRefused() throws {
    let folder = try FileFolder()
    let (_, rows, path) = try chunkInFile(folder)
    let end = UInt32(rows.count)
    #expect(throws: RowFileError.damaged("it has rows up to \(end) of \(end - 1)")) {
      _ = try RowFile(path: path, below: end - 1) { _, _ in false }
    }
    #expect(try RowFile(path: path, below: end) { _, _ in false }.header.count == rows.count)
  }

  @Test func aFileOfNoRowsStandsForRowsThatAreDead() throws {
    let folder = try FileFolder()
    let (column, rows, _) = try chunkInFile(folder)
    let count = UInt32(rows.count)
    let path = try folder.write([], of: column, rows: 0..<count, name: "b")
    let file = try RowFile(path: path) { _, _ in false }
    #expect(file.header.rows == 0..<count && file.header.count == 0)
    column.install(file, reads: PageReads(cacheBytes: 0))
    #expect(!column.view().contains(0))
    #expect(column.movableRows(below: count) == nil)
  }

  @Test func whatIsLongerThanOneReadIsReadInPieces() throws {
    let folder = try FileFolder()
    let (_, _, path) = try chunkInFile(folder)
    let whole = try Data(contentsOf: URL(filePath: path))
    let file = try #require(FileHandle(forReadingAtPath: path))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 10_001, alignment: 8)
    defer { memory.deallocate() }
    #expect(RowFile.read(memory, file.fileDescriptor, at: 3, pieceBytes: 4000))
    #expect(memory.elementsEqual(whole[3..<10_004]))
    #expect(!RowFile.read(memory, file.fileDescriptor, at: whole.count - 5000, pieceBytes: 4000))
    // More than four gigabytes, of which nothing is touched: the file ends long before.
    let length = 4 << 30 + 1
    let many = mmap(
      nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    let room = try #require(many)
    try #require(room != MAP_FAILED)
    defer { munmap(room, length) }
    let table = UnsafeMutableRawBufferPointer(start: room, count: length)
    #expect(!RowFile.read(table, file.fileDescriptor, at: whole.count - 100))
  }

  /// Reads beyond `PageReads.depthMax` wait for those before them.
  @Test(arguments: [64, 65, 128]) func pagesApartAreAllRead(count: Int) throws {
    let folder = try FileFolder()
    let (column, rows, path) = try chunkInFile(folder)
    let inMemory = column.view()
    let reads = PageReads(cacheBytes: 0)
    column.install(try RowFile(path: path) { _, _ in false }, reads: reads)
    // A page a row, so that none of them lie side by side.
    let offsets = (0..<count).map { UInt32(2 * $0) }
    let scores = { (view: DenseColumnView) in
      view.scorer(for: rows[7], metric: .squaredEuclid).scores(at: offsets)
    }
    #expect(scores(column.view()) == scores(inMemory))
    #expect(reads.counts.reads == count)
  }

  @Test func aDamagedPageIsReadFromTheTruth() throws {
    let folder = try FileFolder()
    let (column, rows, path) = try chunkInFile(folder)
    // A page a row, behind that of the header.
    try folder.flip("a", at: 4096 * 6 + 17)
    let file = try RowFile(path: path) { offset, memory in
      rows[Int(offset)].withUnsafeBytes { memory.copyMemory(from: $0) }
      return true
    }
    column.install(file, reads: PageReads(cacheBytes: 1 << 20))
    let view = column.view()
    #expect(view.row(4) == rows[4])
    #expect(!file.isDamaged)
    let found = try ExactScan(metric: .squaredEuclid).search(
      rows[3...7].map { SearchQuery(vector: $0, limit: 1) }, in: view,
      visibility: fullVisibility(rows.count), shouldStop: { false })
    #expect(found.map { $0.map(\.offset) } == [[3], [4], [5], [6], [7]])
    #expect(file.isDamaged)
    #expect(view.row(5) == rows[5])
  }

  @Test func whatIsLostEverywhereIsNearNothing() throws {
    let folder = try FileFolder()
    let (column, rows, path) = try chunkInFile(folder)
    try folder.flip("a", at: 4096 * 6 + 17)
    column.install(
      try RowFile(path: path) { _, _ in false }, reads: PageReads(cacheBytes: 0))
    let found = try ExactScan(metric: .squaredEuclid).search(
      [SearchQuery(vector: rows[5], limit: rows.count)], in: column.view(),
      visibility: fullVisibility(rows.count), shouldStop: { false })
    #expect(found[0].count == rows.count - 1)
  }

  private func fullVisibility(_ count: Int) -> VisibilityView {
    let table = VisibilityTable()
    for offset in 0..<UInt32(count) { table.insert(offset, born: 1) }
    return table.view(at: 1, rowCount: UInt32(count))
  }

  @Test func filesThatAreNotWhatTheySayAreRefused() throws {
    let folder = try FileFolder()
    let (_, _, path) = try chunkInFile(folder)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    func refusal(_ bytes: Data) throws -> RowFileError? {
      try bytes.write(to: URL(fileURLWithPath: folder.file("b")))
      do throws(RowFileError) {
        _ = try RowFile(path: folder.file("b")) { _, _ in false }
      } catch {
        return error
      }
      return nil
    }
    #expect(try refusal(whole) == nil)
    for length in [0, 1, 51, 52, 4096, whole.count - 4096, whole.count - 1] {
      #expect(try refusal(whole.prefix(length)) != nil)
    }
    #expect(try refusal(whole + [0]) != nil)
    for position in Array(0..<52) + [whole.count - 1, whole.count - 2000] {
      var flipped = whole
      flipped[position] ^= 1
      #expect(try refusal(flipped) != nil)
    }
    #expect(throws: RowFileError.missing) {
      try RowFile(path: folder.file("none")) { _, _ in false }
    }
  }

  /// More than `dimensionMax`: a header whose checksum is right may say what it likes.
  @Test func aVectorOfTooManyNumbersIsRefused() throws {
    let folder = try FileFolder()
    let (_, _, path) = try chunkInFile(folder)
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    func put(_ word: UInt32, at place: Int) {
      withUnsafeBytes(of: word.littleEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
    }
    let contradiction = RowFileError.damaged("its header contradicts itself")
    for (dimension, isBounded) in [(UInt32(1 << 20), false), (1 << 20 + 1, true)] {
      put(dimension, at: 24)
      put(bytes.withUnsafeBytes { $0.baseAddress.map { rf_checksum($0, 48) } ?? 0 }, at: 48)
      try Data(bytes).write(to: URL(filePath: folder.file("b")))
      do throws(RowFileError) {
        _ = try RowFile(path: folder.file("b")) { _, _ in false }
        Issue.record("it was taken")
      } catch {
        #expect((error == contradiction) == isBounded)
      }
    }
  }

  @Test func aFileThatIsGivenUpLeavesNothing() throws {
    let folder = try FileFolder()
    let (column, _, path) = try chunkInFile(folder)
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let count = UInt32(column.rowsPerChunk)
    let header = RowFileHeader(
      collection: 7, vector: 3, codec: column.codec, rows: 0..<count, count: Int(count),
      isInListOrder: true)
    #expect(throws: RowFileError.interrupted) {
      try DenseColumn.write(
        header, offsets: Array(0..<count), from: column.view(), to: path, shouldStop: { true })
    }
    #expect(folder.names == ["a"])
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
  }
}
