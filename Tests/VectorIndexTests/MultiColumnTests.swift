import SeededRandom
import Testing
import VectorIndex

@Suite struct MultiColumnTests {
  @Test(arguments: ElementType.ofNumbers, [1, 7, 128])
  func rowsOfAnyLengthComeBackAsWritten(_ element: ElementType, _ dimension: Int) {
    var random = SeededGenerator(seed: 151)
    let column = MultiColumn(dimension: dimension, element: element)
    let rows = UInt32(column.rowsPerChunk)
    #expect(rows.nonzeroBitCount == 1)
    // Whole numbers of this size are kept by all element types.
    var expected: [UInt32: [Float]] = [:]
    for offset in [3, 0, 1, rows - 1, rows, 5 * rows + 2] {
      let count = Int.random(in: 1...300, using: &random)
      let vectors = (0..<count * dimension).map { _ in
        Float(Int.random(in: 0...255, using: &random))
      }
      column.write(vectors, at: offset)
      expected[offset] = vectors
    }
    let view = column.view()
    for offset in [0, 1, 2, 3, rows - 1, rows, rows + 1, 3 * rows, 5 * rows + 2, 6 * rows] {
      #expect(view.contains(offset) == (expected[offset] != nil))
      #expect(view.row(offset) == expected[offset])
      #expect(view.vectorCount(offset) == (expected[offset]?.count ?? 0) / dimension)
    }
    let numbers = expected.values.reduce(0) { $0 + $1.count }
    let memory = column.memory(rowCount: 5 * rows + 3)
    #expect(memory.rows == element.bytes(of: numbers))
    #expect(memory.places == 3 * Int(rows) * 16)
    #expect(memory.keptRows == 2 * Int(rows) + 3)
    #expect(column.meanRowBytes == memory.rows / expected.count)
    #expect(column.residentBytes >= memory.rows + memory.places)
    #expect(column.residentBytes < 3 * (memory.rows + memory.places) + 64_000)
  }

  @Test func encodedVectorsAreKeptAsTheyAre() {
    let column = MultiColumn(dimension: 2, element: .float16)
    [Float16(0.5), -2, 65_504, 0.25].map(\.bitPattern).withUnsafeBytes {
      column.write(encoded: $0, at: 9)
    }
    #expect(column.view().row(9) == [0.5, -2, 65_504, 0.25])
    #expect(column.view().vectorCount(9) == 2)
  }

  @Test func aDroppedChunkStaysWithTheViewsThatHaveIt() {
    let column = MultiColumn(dimension: 4)
    let rows = UInt32(column.rowsPerChunk)
    column.write([1, 2, 3, 4], at: 3)
    let one = column.residentBytes
    column.write([5, 6, 7, 8], at: rows + 3)
    let before = column.view()
    column.dropChunk(containing: 5)
    column.dropChunk(containing: 5)
    column.dropChunk(containing: 100 * rows)
    #expect(column.residentBytes == one)
    #expect(column.memory(rowCount: rows + 4).rows == 16)
    #expect(column.memory(rowCount: rows + 4).keptRows == 4)
    #expect(column.meanRowBytes == 16)
    #expect(before.row(3) == [1, 2, 3, 4])
    #expect(column.view().row(3) == nil)
    #expect(column.view().row(rows + 3) == [5, 6, 7, 8])
  }
}

extension MultiColumn {
  func write(_ vectors: [Float], at offset: UInt32) {
    vectors.withUnsafeBufferPointer { write($0, at: offset) }
  }
}
