import Testing
import VectorIndex

@Suite struct SparseColumnTests {
  private func write(_ vector: [UInt32: Float], at offset: UInt32, of column: SparseColumn) {
    let sorted = vector.sorted { $0.key < $1.key }
    sorted.map(\.key).withUnsafeBufferPointer { indices in
      sorted.map(\.value).withUnsafeBufferPointer { weights in
        column.write(indices: indices, weights: weights, at: offset)
      }
    }
  }

  @Test func rowsComeBackAsWritten() throws {
    let column = SparseColumn()
    write([:], at: 0, of: column)
    write([7: 0.5, .max: -2, 0: 1], at: 5000, of: column)
    let long = Dictionary(uniqueKeysWithValues: (0..<60_000).map { (UInt32($0 * 3), Float($0)) })
    write(long, at: 3, of: column)
    let view = column.view()
    let empty = try #require(view.vector(0))
    #expect(empty.indices.isEmpty && empty.weights.isEmpty)
    let few = try #require(view.vector(5000))
    #expect(few.indices == [0, 7, .max] && few.weights == [1, 0.5, -2])
    #expect(view.vector(3)?.weights == (0..<60_000).map { Float($0) })
    #expect(view.elementCount(3) == 60_000)
    #expect(!view.contains(1) && !view.contains(9000))
    #expect(view.contains(0))
  }

  @Test func fewDifferentWeightsTakeLessMemoryAndComeBackBitForBit() throws {
    let few = SparseColumn()
    let many = SparseColumn()
    let weights: [Float] = [0.1, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
    let rows: UInt32 = 2000
    for row in 0..<rows {
      let indices = (0..<UInt32(20 + row % 7)).map { row + 3 * $0 }
      write(
        Dictionary(uniqueKeysWithValues: indices.map { ($0, weights[Int($0 % 5)]) }), at: row,
        of: few)
      write(
        Dictionary(uniqueKeysWithValues: indices.map { ($0, Float($0)) }), at: row, of: many)
    }
    let view = few.view()
    for row in 0..<rows {
      let vector = try #require(view.vector(row))
      #expect(
        vector.indices.map { weights[Int($0 % 5)].bitPattern } == vector.weights.map(\.bitPattern))
    }
    #expect(few.memory.rows < many.memory.rows * 4 / 5)
    // Little lies idle.
    #expect(Double(many.memory.rows) < 1.08 * Double(4 * Int(rows) + 8 * many.writtenElements))
  }

  @Test func storedFormIsTakenAsItIs() throws {
    let column = SparseColumn()
    var bytes: [UInt8] = [0xaa, 2, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0]
    for weight in [Float(1.5), -1] {
      withUnsafeBytes(of: weight) { bytes.append(contentsOf: $0) }
    }
    // Stored rows need not be aligned.
    bytes.withUnsafeBytes {
      column.write(encoded: UnsafeRawBufferPointer(rebasing: $0[1...]), at: 8)
    }
    let vector = try #require(column.view().vector(8))
    #expect(vector.indices == [4, 9] && vector.weights == [1.5, -1])
  }

  @Test func droppedChunksGiveTheirMemoryBack() {
    let column = SparseColumn()
    for offset in UInt32(0)..<10_000 { write([offset: 1, .max: 2], at: offset, of: column) }
    let full = column.residentBytes
    #expect(full >= 10_000 * 20)
    let view = column.view()
    column.dropChunk(containing: 100)
    #expect(column.residentBytes < full)
    #expect(column.memory.rows + column.memory.tables == column.residentBytes)
    #expect(view.contains(100) && !column.view().contains(100) && column.view().contains(5000))
    column.dropChunk(containing: 5000)
    column.dropChunk(containing: 9000)
    #expect(column.residentBytes == 0)
  }
}
