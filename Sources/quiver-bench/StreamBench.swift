import DataTransfer
import Foundation
import VectorIndex

/// A column whose rows come and go, with the index that lives through it.
final class StreamBench {
  private let base: NPYFile
  private let metric: Metric
  private let column: DenseColumn
  private let visibility = VisibilityTable()
  private var commit: UInt64 = 1
  /// Rows of ``base``, in the order in which they came.
  private var numbers: [UInt32] = []
  /// Where the living ones are.
  private var offsets: [UInt32: UInt32] = [:]
  private var index: IVFFlatIndex?
  private var fresh: IVFFlatIndex?

  /// Rows of one step of the indexer.
  private static let stepRowsMax = 1_000
  /// As the indexer does, it is trained anew at so many times the rows that it was trained on.
  private static let retrainAt = 4
  private static let limit = 10

  init(base: NPYFile, metric: Metric) {
    self.base = base
    self.metric = metric
    column = DenseColumn(dimension: base.dimension)
  }

  private var visible: VisibilityView {
    visibility.view(at: commit, rowCount: UInt32(numbers.count))
  }

  func add(_ rows: [Int]) throws {
    commit += 1
    for number in rows {
      let offset = UInt32(numbers.count)
      try base.row(number).withUnsafeBufferPointer { column.write($0, at: offset) }
      visibility.insert(offset, born: commit)
      numbers.append(UInt32(number))
      offsets[UInt32(number)] = offset
    }
    try settle()
  }

  func remove(_ rows: [Int]) throws {
    commit += 1
    for number in rows {
      guard let offset = offsets.removeValue(forKey: UInt32(number)) else { continue }
      visibility.remove(offset, died: commit)
    }
    try settle()
  }

  /// Enters new rows and keeps the lists in shape, as the server does in the background.
  private func settle() throws {
    fresh = nil
    guard let index, offsets.count < Self.retrainAt * index.trainedRows else {
      self.index = try build()
      return
    }
    let rows = column.view()
    while index.insert(from: rows, visibility: visible, limit: Self.stepRowsMax) > 0 {}
    while index.maintain(rows: rows, visibility: visible) {}
    if index.isCalibrationOld {
      try index.recalibrate(rows: rows, visibility: visible, shouldContinue: { _ in true })
    }
  }

  private func build() throws -> IVFFlatIndex {
    try IVFFlatIndex.build(
      metric: metric, parameters: IVFParameters(), rows: column.view(), visibility: visible,
      shouldContinue: { _ in true })
  }

  /// - Returns: what was looked at, and how long the searches took, as further parts of an object.
  func search(
    _ queries: [[Float]], _ effort: SearchEffort, isFresh: Bool, out path: String
  ) throws -> String {
    if isFresh, fresh == nil { fresh = try build() }
    guard let index = isFresh ? fresh : index else { return "" }
    let trace = SearchTrace()
    var search = IVFSearch(index.view(), effort: effort)
    search.trace = trace
    let rows = column.view()
    let visible = visible
    var found = [UInt32](repeating: .max, count: queries.count * Self.limit)
    let start = CPUTime.now
    for (position, query) in queries.enumerated() {
      let neighbors = try search.search(
        [SearchQuery(vector: query, limit: Self.limit)], in: rows, visibility: visible,
        shouldStop: { false })[0]
      for (rank, neighbor) in neighbors.enumerated() {
        found[position * Self.limit + rank] = numbers[Int(neighbor.offset)].littleEndian
      }
    }
    let seconds = CPUTime.now - start
    try found.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    let entries = trace.take().reduce(0) { $0 + $1.entries }
    let lists = index.statistics().listCount
    return ", \"search_s\": \(seconds), \"entries\": \(entries), \"lists\": \(lists)"
  }
}
