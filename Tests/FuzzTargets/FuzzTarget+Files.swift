import DatabaseFixture
import Foundation
import PointModel
import QdrantREST
import RAGGateway
import RowSets
import VectorDB
import VectorIndex

/// Rows with an index of lists.
private final class ListedRows: Sendable {
  static let dimension = 8
  private static let count: UInt32 = 600
  let index: IVFFlatIndex?
  private let rows: DenseColumnView
  private let visibility: VisibilityView

  init() {
    let column = DenseColumn(dimension: Self.dimension)
    let table = VisibilityTable()
    for row in 0..<Self.count {
      let values = (0..<Self.dimension).map { Float((Int(row) * 7 + $0 * 13) % 31) }
      values.withUnsafeBufferPointer { column.write($0, at: row) }
      table.insert(row, born: 0)
    }
    rows = column.view()
    visibility = table.view(at: .max, rowCount: Self.count)
    index = try? IVFFlatIndex.build(
      metric: .squaredEuclid, parameters: IVFParameters(), rows: rows, visibility: visibility,
      shouldContinue: { _ in true })
  }

  /// Whether a search of such effort finds what it is to find, filtered or not.
  func isSearched(_ effort: SearchEffort) -> Bool {
    guard let index else { return false }
    let half = RowSet((0..<Self.count).filter { $0.isMultiple(of: 2) }).mask(below: Self.count)
    let vector = [Float](repeating: 9, count: Self.dimension)
    let found = try? IVFSearch(index.view(), effort: effort).search(
      [
        SearchQuery(vector: vector, limit: 10),
        SearchQuery(vector: vector, limit: 10, allowed: half),
      ], in: rows, visibility: visibility, shouldStop: { false })
    return found?.allSatisfy { $0.count == 10 } ?? false
  }
}

/// Files, and what is sent as one: each has checksums or lengths that may lie.
extension FuzzTarget {
  /// A target for each file of vectors or of an index of them.
  static let indexFiles: [FuzzTarget] = [
    listFile, calibrationFile, multiIndexFile, rowFile,
  ]

  private static let listFile: FuzzTarget = {
    let saved = ListedRows().index.map { index in
      var bytes: [UInt8] = []
      index.serialize { bytes += $0 }
      return bytes
    }
    return FuzzTarget(
      name: "index-file", example: { _ in saved ?? [] },
      read: { bytes in
        var rest = bytes[...]
        let index = try? IVFFlatIndex(
          metric: .squaredEuclid, dimension: ListedRows.dimension, parameters: IVFParameters(),
          reading: { try take(&rest, $0) })
        return index != nil
      })
  }()

  /// A calibration that lies beside an index, and searches that go by it.
  private static let calibrationFile: FuzzTarget = {
    let rows = ListedRows()
    var saved: [UInt8] = []
    rows.index?.serializeCalibration { saved += $0 }
    let example = saved
    return FuzzTarget(
      name: "calibration-file", example: { _ in example },
      read: { bytes in
        var rest = bytes[...]
        guard let index = rows.index,
          (try? index.loadCalibration { try take(&rest, $0) }) != nil
        else { return false }
        return rows.isSearched(.recall(0.98)) && rows.isSearched(.probes(40))
      })
  }()

  private static let multiIndexFile: FuzzTarget = {
    let dimension = 4
    let column = MultiColumn(dimension: dimension)
    let visibility = VisibilityTable()
    for row in UInt32(0)..<2200 {
      let values = (0..<dimension * 2).map { Float((Int(row) * 7 + $0 * 13) % 31) }
      values.withUnsafeBufferPointer { column.write($0, at: row) }
      visibility.insert(row, born: 0)
    }
    let index = MultiIndex(metric: .dot)
    while index.update(
      column: column.view(), visibility: visibility.view(at: .max, rowCount: 2200))
    {}
    var sample: [UInt8] = []
    _ = index.serialize { sample += $0 }
    let saved = sample
    return FuzzTarget(
      name: "multi-index-file", example: { _ in saved },
      read: { bytes in
        var rest = bytes[...]
        let index = MultiIndex(metric: .dot)
        return (try? index.load(dimension: dimension) { try take(&rest, $0) }) != nil
      })
  }()

  private struct EndOfInput: Error {}

  private static func take(
    _ rest: inout Slice<UnsafeRawBufferPointer>, _ target: UnsafeMutableRawBufferPointer
  ) throws {
    guard target.count <= rest.count else { throw EndOfInput() }
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(target.count)))
    rest = rest.dropFirst(target.count)
  }

  /// A body of `multipart/form-data` in pieces: the first byte says how long these are.
  static let multipart = FuzzTarget(
    name: "multipart",
    example: { source in
      let body = """
        preamble\r\n--edge\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--edge\r
        Content-Disposition: form-data; name="snapshot"; filename="a;b"\r
        Content-Type: application/octet-stream\r\n\r\nbytes\r\n--edg\r\n--edge--\r\nend
        """
      return [UInt8(source.number(below: 40))] + Array(body.utf8)
    },
    read: { bytes in
      guard let first = bytes.first,
        var file = MultipartFile(
          contentType: "multipart/form-data; boundary=\"edge\"", name: "snapshot")
      else { return false }
      var rest = bytes.dropFirst()
      while !rest.isEmpty {
        let piece = rest.prefix(1 + Int(first))
        rest = rest.dropFirst(piece.count)
        do { try file.feed(piece) { _ in } } catch { return false }
      }
      return file.isFound && file.isComplete
    })
}

/// What a client says of a form before it comes.
extension FuzzTarget {
  /// Types of content, each followed by a body that may fit it.
  static let formTypes = FuzzTarget(
    name: "form-types",
    example: { source in
      let edges = ["edge", "\"edge\"", "\"e d\\\"ge\"", "", String(repeating: "e", count: 71)]
      let edge = edges[source.number(below: edges.count)]
      let separator = source.chance(2) ? "; " : ";charset=utf-8 ;"
      let key = source.chance(4) ? "Boundary" : "boundary"
      return Array("multipart/form-data\(separator)\(key)=\(edge)".utf8)
    },
    read: { bytes in
      let type = String(decoding: bytes, as: UTF8.self)
      let body = Array(
        "--edge\r\nContent-Disposition: form-data; name=\"snapshot\"\r\n\r\nx\r\n--edge--\r\n".utf8)
      let isTaken = FileBody.boundary(in: type).map {
        (try? FileBody.split(body, boundary: $0)) != nil
      }
      guard var file = MultipartFile(contentType: type, name: "snapshot") else {
        return isTaken ?? false
      }
      do { try file.feed(body[...]) { _ in } } catch { return false }
      return file.isFound
    })
}

/// Where bytes lie that are read as a file; the caller removes it.
func temporaryFile(_ bytes: [UInt8]) -> String {
  let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("quiver-fuzz-\(getpid())-\(UUID().uuidString)").path
  _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
  return path
}
