import SeededRandom
import Testing
import VectorIndex

@Suite struct DenseColumnTests {
  @Test(arguments: [1, 3, 384, 1024, 5000, 300_000])
  func rowsComeBackAsWritten(dimension: Int) {
    var random = SeededGenerator(seed: 51)
    let column = DenseColumn(dimension: dimension)
    let rows = UInt32(column.rowsPerChunk)
    #expect(rows.nonzeroBitCount == 1)
    #expect(rows == 1 || Int(rows) * dimension * 4 <= 1 << 20)
    var expected: [UInt32: [Float]] = [:]
    for offset in [0, 1, 63, 64, rows - 1, rows, rows + 1, 5 * rows + 2] {
      let vector = random.vector(dimension)
      column.write(vector, at: offset)
      expected[offset] = vector
    }
    let view = column.view()
    #expect(view.dimension == dimension)
    for offset in [0, 1, 2, 62, 63, 64, 65, rows - 1, rows, rows + 1, 3 * rows, 5 * rows + 2] {
      #expect(view.contains(offset) == (expected[offset] != nil))
      #expect(view.row(offset) == expected[offset])
    }
    #expect(view.row(6 * rows) == nil)
    #expect(view.row(.max) == nil)
  }

  @Test(arguments: ElementType.ofNumbers, [1, 7, 384, 5000])
  func everyElementTypeKeepsWhatItCan(_ element: ElementType, _ dimension: Int) {
    var random = SeededGenerator(seed: 52)
    let column = DenseColumn(dimension: dimension, element: element)
    #expect(column.rowBytes == element.bytes(of: dimension))
    #expect(column.rowsPerChunk * column.rowBytes <= 1 << 20)
    let rows = UInt32(column.rowsPerChunk)
    // Whole numbers of this size are kept by all of them.
    var expected: [UInt32: [Float]] = [:]
    for offset in [0, 5, rows - 1, rows, 3 * rows + 1] {
      expected[offset] = (0..<dimension).map { _ in Float(Int.random(in: 0...255, using: &random)) }
      column.write(expected[offset] ?? [], at: offset)
    }
    let view = column.view()
    for offset in [0, 1, 5, rows - 1, rows, 2 * rows, 3 * rows + 1] {
      #expect(view.row(offset) == expected[offset])
    }
    let (bytes, presence) = column.memory(rowCount: 3 * rows + 2)
    #expect(bytes == (2 * Int(rows) + 2) * column.rowBytes)
    #expect(presence == 3 * ((Int(rows) + 63) / 64) * 8)
  }

  @Test func encodedRowsAreKeptAsTheyAre() {
    let column = DenseColumn(dimension: 3, element: .float16)
    let halves = [Float16(0.5), -2, 65_504].map(\.bitPattern)
    halves.withUnsafeBytes { column.write(encoded: $0, at: 9) }
    #expect(column.view().row(9) == [0.5, -2, 65_504])
    let floats = DenseColumn(dimension: 2)
    [Float(0.1), -7].withUnsafeBytes { floats.write(encoded: $0, at: 1) }
    #expect(floats.view().row(1) == [0.1, -7])
    let bytes = DenseColumn(dimension: 4, element: .uint8)
    bytes.write([-1, 3.9, 256, .nan], at: 0)
    #expect(bytes.view().row(0) == [0, 3, 255, 0])
  }

  @Test func rowsAreAlignedToCacheLines() {
    let column = DenseColumn(dimension: 16)
    for offset: UInt32 in [0, 1, 40_000] {
      column.write([Float](repeating: 1, count: 16), at: offset)
      let misalignment = column.view().withRow(offset) {
        $0.baseAddress.map { UInt(bitPattern: $0) % 64 }
      }
      #expect(misalignment == 0)
    }
  }

  @Test func chunksAreAllocatedWhenTheirFirstRowIsWritten() {
    let column = DenseColumn(dimension: 1024)
    #expect(column.residentBytes == 0)
    let vector = [Float](repeating: 0.5, count: 1024)
    column.write(vector, at: 0)
    let one = column.residentBytes
    #expect(one >= 1 << 20)
    column.write(vector, at: 1)
    #expect(column.residentBytes == one)
    column.write(vector, at: UInt32(100 * column.rowsPerChunk))
    #expect(column.residentBytes == 2 * one)
  }

  @Test func aDroppedChunkStaysWithTheViewsThatHaveIt() {
    let column = DenseColumn(dimension: 512)
    let rows = UInt32(column.rowsPerChunk)
    let first = [Float](repeating: 1, count: 512)
    let second = [Float](repeating: 2, count: 512)
    column.write(first, at: 3)
    column.write(second, at: rows + 3)
    let before = column.view()
    let bytes = column.residentBytes
    column.dropChunk(containing: 5)
    column.dropChunk(containing: 5)
    column.dropChunk(containing: 100 * rows)
    #expect(column.residentBytes == bytes / 2)
    #expect(before.row(3) == first)
    #expect(column.view().row(3) == nil)
    #expect(column.view().row(rows + 3) == second)

    column.write(second, at: 4)
    #expect(before.row(3) == first)
    #expect(before.row(4) == nil)
    #expect(column.view().row(3) == nil)
    #expect(column.view().row(4) == second)
  }

  @Test func aViewDoesNotSeeLaterChunks() {
    let column = DenseColumn(dimension: 8)
    let empty = column.view()
    column.write([Float](repeating: 1, count: 8), at: 0)
    #expect(!empty.contains(0))
    #expect(column.view().contains(0))
  }
}

extension DenseColumn {
  func write(_ vector: [Float], at offset: UInt32) {
    vector.withUnsafeBufferPointer { write($0, at: offset) }
  }
}
