import CRowFiles
import Foundation
import VectorIndex

/// Files of vectors that stay on disk. Their checksums are made right, so that what they say of
/// themselves is read whatever it is.
extension FuzzTarget {
  private static let rowDimension = 512
  private static let rowsTold: UInt32 = 512
  private static let pageBytes = Int(RF_PAGE_BYTES)
  private static let headBytes = 52
  /// Which of the words behind the magic is the checksum of the table.
  private static let tableChecksumWord = 9

  /// One file of a few rows.
  static let rowFile: FuzzTarget = {
    let saved = sampleRows
    let reads = PageReads(cacheBytes: 0, usesRings: false)
    return FuzzTarget(
      name: "row-file",
      example: { source in
        var bytes = saved
        if source.chance(2) { alterRows(&bytes, &source) }
        return bytes
      },
      alter: { alterRows(&$0, &$1) },
      read: { bytes in
        let path = temporaryFile(Array(bytes))
        defer { unlink(path) }
        let column = DenseColumn(dimension: rowDimension)
        guard let file = try? RowFile(path: path, below: rowsTold, truth: { _, _ in false }),
          file.header.dimension == rowDimension, file.header.element == .float32,
          file.header.rows == 0..<rowsTold
        else { return false }
        column.install(file, reads: reads)
        let view = column.view()
        var sum: Float = 0
        file.forEachRow { sum += (view.row($0) ?? []).reduce(0, +) }
        return sum.isNaN || sum != 1
      })
  }()

  private static let sampleRows: [UInt8] = {
    let column = DenseColumn(dimension: rowDimension)
    let offsets: [UInt32] = [3, 8, 2, 500]
    for offset in offsets {
      let values = (0..<rowDimension).map { Float(Int(offset) + $0) }
      values.withUnsafeBufferPointer { column.write($0, at: offset) }
    }
    let header = RowFileHeader(
      collection: 7, vector: 3, codec: column.codec, rows: 0..<rowsTold, count: offsets.count,
      isInListOrder: false)
    let path = temporaryFile([])
    defer { unlink(path) }
    do {
      try DenseColumn.write(
        header, offsets: offsets, from: column.view(), to: path, shouldStop: { false })
      return Array(try Data(contentsOf: URL(filePath: path)))
    } catch {
      return []
    }
  }()

  /// Changes a byte of the header or the table, seldom of the rest, and makes the checksums right.
  private static func alterRows(_ bytes: inout [UInt8], _ source: inout FuzzSource) {
    guard bytes.count > 2 * pageBytes else { return source.mutate(&bytes) }
    let head = source.chance(2)
    let place =
      head
      ? 12 + source.number(below: headBytes - 12)
      : bytes.count - 1 - source.number(below: 24)
    bytes[place] = UInt8(truncatingIfNeeded: source.chance(2) ? source.next() : source.integer())
    if source.chance(8) { source.mutate(&bytes) }
    guard bytes.count > 2 * pageBytes else { return }
    let pages = (bytes.count - 1) / pageBytes
    let table = bytes[min(bytes.count, pages * pageBytes)...]
    put(checksum(table), at: 8 + 4 * tableChecksumWord, of: &bytes)
    put(checksum(bytes[..<(headBytes - 4)]), at: headBytes - 4, of: &bytes)
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { bytes in bytes.baseAddress.map { rf_checksum($0, bytes.count) } ?? 0 }
  }

  private static func put(_ word: UInt32, at place: Int, of bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.littleEndian) { bytes.replaceSubrange(place..<place + 4, with: $0) }
  }
}
