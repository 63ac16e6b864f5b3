import Foundation
import VectorIndex

/// A folder for files of rows that goes with the test.
final class FileFolder: Sendable {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent(
    "rows-" + UUID().uuidString
  ).path

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// Writes the rows at `offsets` into a file that stands for `rows`.
  func write(
    _ offsets: [UInt32], of column: DenseColumn, rows: Range<UInt32>, name: String
  ) throws -> String {
    let header = RowFileHeader(
      collection: 7, vector: 3, codec: column.codec, rows: rows, count: offsets.count,
      isInListOrder: false)
    try DenseColumn.write(
      header, offsets: offsets, from: column.view(), to: file(name), shouldStop: { false })
    return file(name)
  }

  /// Has files take the place of the chunks that are complete, a few chunks a file, each in an
  /// order of its own.
  func move(
    _ column: DenseColumn, below rowCount: UInt32, chunks: Int = 2, reads: PageReads,
    truth: @escaping RowFile.Truth = { _, _ in false }
  ) throws {
    while let movable = column.movableRows(below: rowCount) {
      let end = min(movable.upperBound, movable.lowerBound + UInt32(chunks * column.rowsPerChunk))
      let rows = movable.lowerBound..<end
      let view = column.view()
      let offsets = rows.filter { view.contains($0) }.sorted {
        ($0 &* 2_654_435_761, $0) < ($1 &* 2_654_435_761, $1)
      }
      let path = try write(offsets, of: column, rows: rows, name: "\(rows.lowerBound)")
      column.install(try RowFile(path: path, truth: truth), reads: reads)
    }
  }

  /// Changes one byte of a file.
  func flip(_ name: String, at position: Int) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file(name)))
    bytes[position] ^= 0x40
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file(name)))
    try handle.seek(toOffset: UInt64(position))
    try handle.write(contentsOf: bytes[position..<position + 1])
    try handle.close()
  }
}
