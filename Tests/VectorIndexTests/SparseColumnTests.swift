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

  /// Weights of which no row has two alike.
  private func filled(_ column: SparseColumn, rows: UInt32 = 300, elements: UInt32 = 64) {
    for row in 0..<rows {
      let vector = (0..<elements).map { ($0 * 3, Self.weight(row, $0)) }
      write(Dictionary(uniqueKeysWithValues: vector), at: row, of: column)
    }
  }

  private static func weight(_ row: UInt32, _ element: UInt32) -> Float {
    Float(element + 1) * 0.013 - Float(row % 9) * 0.1
  }

  @Test func weightsAreRoundedToTheDatatype() throws {
    let columns = [ElementType.float32, .float16, .uint8].map { SparseColumn(keeping: $0) }
    for column in columns { filled(column) }
    let views = columns.map { $0.view() }
    for row in UInt32(0)..<300 {
      let given = (0..<64).map { Self.weight(row, $0) }
      let kept = try views.map { try #require($0.vector(row)) }
      #expect(kept.allSatisfy { $0.indices == (0..<64).map { 3 * $0 } })
      #expect(kept[0].weights == given)
      #expect(kept[1].weights == given.map { Float(Float16($0)) })
      let step = (given[63] - given[0]) / 255
      for (kept, given) in zip(kept[2].weights, given) {
        #expect(abs(kept - given) <= step * 0.5001)
      }
      #expect(kept[2].weights[0] == given[0])
      #expect(views.map { $0.isRounded(row) } == [false, true, true])
    }
    let bytes = columns.map { Double($0.memory.rows) / Double($0.writtenElements) }
    #expect(bytes[1] < 0.78 * bytes[0] && bytes[2] < 0.67 * bytes[0])
    #expect(columns.map { $0.greatestRowBytes(elements: 64) } == [516, 388, 332])
  }

  @Test func aDatatypeIsThatOfRowsToCome() throws {
    let column = SparseColumn()
    filled(column, rows: 10)
    column.element = .uint8
    filled(column, rows: 5)
    let view = column.view()
    #expect((UInt32(0)..<10).map(view.isRounded) == (0..<10).map { $0 < 5 })
    #expect(view.vector(7)?.weights == (0..<64).map { Self.weight(7, $0) })
  }

  @Test(arguments: [ElementType.float16, .uint8])
  func anyFloatHasANearOne(_ element: ElementType) throws {
    let column = SparseColumn(keeping: element)
    let extremes: [[Float]] = [
      [], [-0.5], [3, 3], [-Float.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude],
      [.leastNonzeroMagnitude, 2 * .leastNonzeroMagnitude, 0, -0.0, -.leastNonzeroMagnitude],
      [65_504, 65_519, 1e9, -1e9, 65_503, 0.1, 5e-8, 2, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25],
    ]
    for (row, weights) in extremes.enumerated() {
      let vector = weights.enumerated().map { (UInt32($0), $1) }
      write(Dictionary(uniqueKeysWithValues: vector), at: UInt32(row), of: column)
      let kept = try #require(column.view().vector(UInt32(row))).weights
      #expect(kept.count == weights.count && kept.allSatisfy(\.isFinite))
      let least = weights.min() ?? 0
      let greatest = weights.max() ?? 0
      #expect(kept.allSatisfy { $0 >= least && $0 <= greatest || element == .float16 })
    }
    #expect(column.view().vector(1)?.weights == [-0.5])
    #expect(column.view().vector(2)?.weights == [3, 3])
    let few = try #require(column.view().vector(3)).weights
    #expect(element == .uint8 || few == [-65_504, 0, 65_504])
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
