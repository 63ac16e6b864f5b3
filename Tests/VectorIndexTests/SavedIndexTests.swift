import SeededRandom
import Testing
import VectorIndex

/// Indexes that were written down, whole and damaged.
@Suite struct SavedIndexTests {
  private func bytes(_ index: IVFFlatIndex) -> [UInt8] {
    var bytes: [UInt8] = []
    index.serialize { bytes += $0 }
    return bytes
  }

  @Test func theSameSeedGivesTheSameIndex() throws {
    var random = SeededGenerator(seed: 67)
    let rows = ClusteredRows(dimension: 40, random: &random)
    rows.add(3000, &random)
    let first = bytes(try rows.build(.squaredEuclid))
    #expect(bytes(try rows.build(.squaredEuclid)) == first)
    #expect(bytes(try rows.build(.squaredEuclid, IVFParameters(seed: 5))) != first)
  }

  @Test func aSerializedIndexAnswersAlike() throws {
    var random = SeededGenerator(seed: 68)
    let rows = ClusteredRows(dimension: 70, random: &random)
    rows.add(4000, &random)
    let index = try rows.build(.squaredEuclid)
    rows.add(500, &random)
    _ = index.insert(from: rows.column.view(), visibility: rows.view, limit: .max)
    let saved = bytes(index)
    let copy = try read(saved)
    #expect(copy.statistics().calibration == index.statistics().calibration)
    #expect(copy.statistics().entryCount == index.statistics().entryCount)
    #expect(copy.view().coveredRows == index.view().coveredRows)
    for _ in 0..<20 {
      let query = SearchQuery(vector: rows.randomRow(&random), limit: 10)
      #expect(
        try rows.search(copy, [query], .probes(8)) == rows.search(index, [query], .probes(8)))
    }
    #expect(throws: DamagedIndex.self) { try read(saved, dimension: 71) }
    #expect(throws: (any Error).self) { try read(Array(saved.prefix(saved.count / 2))) }
    var newer = saved
    newer[0] = 9
    #expect(throws: DamagedIndex.self) { try read(newer) }
    // Nine words are followed by recall and probes of the first point.
    for (word, value) in [(9, UInt64.max), (10, 0), (10, .max), (10, 1 << 40)] {
      var damaged = saved
      withUnsafeBytes(of: value.littleEndian) {
        damaged.replaceSubrange(8 * word..<8 * word + 8, with: $0)
      }
      #expect(throws: DamagedIndex.self, "\(value) in word \(word)") { try read(damaged) }
    }
  }

  /// Where the numbers of a saved index stand that say how much follows.
  private func places(in saved: [UInt8]) -> (counts: [Int], listSizes: Int) {
    func word(_ index: Int) -> Int {
      saved.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
    }
    let remote = 9 + 3 * word(8)
    let growth = remote + 2 + 3 * word(remote) + 1
    let centroids = 8 * (growth + 1 + 2 * word(growth))
    let strays = centroids + 4 * word(2) * word(3)
    let strayCount = saved.withUnsafeBytes {
      Int($0.loadUnaligned(fromByteOffset: strays, as: UInt32.self))
    }
    return ([8, remote, growth], strays + 4 + 4 * strayCount)
  }

  /// No more than `dimensionMax`, `listsMax`, `calibrationMax` and `blocksMax`.
  @Test func aSavedIndexSaysNoMoreThanItMayHave() throws {
    var random = SeededGenerator(seed: 70)
    let rows = ClusteredRows(dimension: 8, random: &random)
    rows.add(2000, &random)
    let saved = bytes(try rows.build(.squaredEuclid))
    let (counts, listSizes) = places(in: saved)
    func error(saying value: Int, in word: Int) -> (any Error)? {
      var damaged = saved
      withUnsafeBytes(of: UInt64(value).littleEndian) {
        damaged.replaceSubrange(8 * word..<8 * word + 8, with: $0)
      }
      return #expect(throws: (any Error).self, "\(value) in word \(word)") {
        try read(damaged, dimension: word == 2 ? value : 8)
      }
    }
    // What is not too much is more than the file goes on to hold.
    for (word, most) in [(2, 1 << 20), (3, 1 << 24)] {
      #expect(error(saying: most, in: word) is Ended)
      #expect(error(saying: most + 1, in: word) is DamagedIndex)
    }
    #expect(error(saying: 0, in: 3) is DamagedIndex)
    for word in counts { #expect(error(saying: 1 << 10 + 1, in: word) is DamagedIndex) }
    // The most that it may say is more than machines have, or than the file goes on to hold.
    for (blocks, isBounded) in [(UInt32(1 << 28), false), (1 << 28 + 1, true)] {
      var damaged = saved
      withUnsafeBytes(of: blocks.littleEndian) {
        damaged.replaceSubrange(listSizes + 4..<listSizes + 8, with: $0)
      }
      let error = #expect(throws: (any Error).self) { try read(damaged, dimension: 8) }
      #expect(((error as? DamagedIndex)?.reason.hasPrefix("a list of") == true) == isBounded)
    }
  }

  /// As many points as `calibrationMax`, one after another in the file.
  @Test(arguments: [(1 << 10, true), (1 << 10 + 1, false)])
  func aCalibrationHasABound(count: Int, isTaken: Bool) throws {
    var random = SeededGenerator(seed: 71)
    let rows = ClusteredRows(dimension: 8, random: &random)
    rows.add(2000, &random)
    let saved = bytes(try rows.build(.squaredEuclid))
    let end = 8 * places(in: saved).counts[1]
    let points = (1...count).flatMap { number -> [UInt64] in
      [(Double(number) / Double(count)).bitPattern, UInt64(number), 0]
    }
    let calibration = ([UInt64(count)] + points).flatMap { word -> [UInt8] in
      withUnsafeBytes(of: word.littleEndian) { Array($0) }
    }
    let index = try? read(Array(saved[..<64] + calibration + saved[end...]), dimension: 8)
    #expect(index?.statistics().calibration.count == (isTaken ? count : nil))
  }

  @Test func aFileThatIsCutIsReadPieceByPiece() throws {
    var random = SeededGenerator(seed: 69)
    let rows = ClusteredRows(dimension: 8, random: &random)
    rows.add(500, &random)
    var saved = bytes(try rows.build(.squaredEuclid))
    let covered = 4
    withUnsafeBytes(of: UInt64(1 << 30).littleEndian) {
      saved.replaceSubrange(8 * covered..<8 * covered + 8, with: $0)
    }
    var rest = saved[...]
    var asked: Int?
    #expect(throws: Ended.self) {
      try IVFFlatIndex(
        metric: .squaredEuclid, dimension: 8, parameters: IVFParameters()
      ) { target in
        if asked != nil {
          asked = target.count
          throw Ended()
        }
        target.copyBytes(from: rest.prefix(target.count))
        rest = rest.dropFirst(target.count)
        // The number of rows in no list is the only one of four bytes.
        guard target.count == MemoryLayout<UInt32>.size else { return }
        target.storeBytes(of: UInt32(1 << 29).littleEndian, as: UInt32.self)
        asked = 0
      }
    }
    #expect(try #require(asked) <= 1 << 18)
  }

  private struct Ended: Error {}

  private func read(_ bytes: [UInt8], dimension: Int = 70) throws -> IVFFlatIndex {
    var position = 0
    return try IVFFlatIndex(
      metric: .squaredEuclid, dimension: dimension, parameters: IVFParameters(),
      reading: { target in
        guard position + target.count <= bytes.count else { throw Ended() }
        target.copyBytes(from: bytes[position..<position + target.count])
        position += target.count
      })
  }
}
