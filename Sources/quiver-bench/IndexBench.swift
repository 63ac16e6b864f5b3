import DataTransfer
import Foundation
import VectorDB
import VectorIndex

/// One column with its index and the queries put to it.
final class IndexBench {
  private let column: DenseColumn
  private let visibility = VisibilityTable()
  private let rowCount: UInt32
  private let metric: Metric
  private let queries: [[Float]]
  private let limit: Int
  private let parameters: IVFParameters
  private var index: IVFFlatIndex?

  init(
    base: NPYFile, count: Int, queries: NPYFile, queryCount: Int, metric: String,
    element: ElementType, limit: Int, parameters: IVFParameters
  ) throws {
    // Bytes can't be normalised.
    let isCosine = metric == "cosine" && element != .uint8
    self.metric = metric == "l2" ? .squaredEuclid : metric == "dot" || isCosine ? .dot : .cosine
    self.limit = limit
    self.parameters = parameters
    column = DenseColumn(dimension: base.dimension, element: element)
    rowCount = UInt32(count)
    let prepared = { (row: [Float]) in
      var row = row
      if isCosine { VectorMath.normalize(&row) }
      return row
    }
    self.queries = try (0..<queryCount).map { prepared(try queries.row($0)) }
    for number in 0..<count {
      prepared(try base.row(number)).withUnsafeBufferPointer {
        column.write($0, at: UInt32(number))
      }
      visibility.insert(UInt32(number), born: 1)
    }
  }

  /// Builds the index.
  ///
  /// - Parameter threads: 1, or 2 of which the second is disturbed by nobody.
  func build(threads: Int) -> String {
    let help = threads > 1 ? BuildHelper { false } : nil
    defer { help?.stop() }
    let start = CPUTime.ofProcess
    let began = ContinuousClock.now
    let view = column.view()
    let visible = visibility.view(at: 1, rowCount: rowCount)
    do throws(BuildInterrupted) {
      let index = try IVFFlatIndex.build(
        metric: metric, parameters: parameters, rows: view, visibility: visible, help: help,
        shouldContinue: { _ in true })
      self.index = index
    } catch {
      return #"{"error": "the build was interrupted"}"#
    }
    let seconds = CPUTime.ofProcess - start
    let elapsed = (ContinuousClock.now - began) / .seconds(1)
    let statistics = index?.statistics() ?? IVFStatistics()
    let memory = statistics.memory
    let beside = Double(memory.codes + memory.lists) / Double(rowCount)
    let centroids = Double(memory.centroids) / Double(rowCount)
    let calibration = statistics.calibration.map { "[\($0.recall), \($0.probes)]" }
    return """
      {"build_cpu_s": \(seconds), "build_s": \(elapsed), "points": \(rowCount), \
      "lists": \(statistics.listCount), \
      "bytes_per_vector": \(beside), "centroid_bytes_per_vector": \(centroids), \
      "row_bytes": \(view.rowBytes), \
      "kernels": "\(Kernels.selected)", "calibration": [\(calibration.joined(separator: ", "))]}
      """
  }

  /// Runs every query alone, on this thread, the way a search thread of the server does.
  func search(_ effort: SearchEffort, out path: String) throws -> String {
    guard let index else { return #"{"error": "there is no index"}"# }
    let visible = visibility.view(at: 1, rowCount: rowCount)
    let rows = column.view()
    var times: [Double] = []
    var found = [UInt32](repeating: .max, count: queries.count * limit)
    times.reserveCapacity(queries.count)
    let search = IVFSearch(index.view(), effort: effort)
    let start = CPUTime.now
    var last = start
    for (number, query) in queries.enumerated() {
      let neighbors = try search.search(
        [SearchQuery(vector: query, limit: limit)], in: rows, visibility: visible,
        shouldStop: { false })
      for (rank, neighbor) in neighbors[0].enumerated() {
        found[number * limit + rank] = neighbor.offset.littleEndian
      }
      let now = CPUTime.now
      times.append(now - last)
      last = now
    }
    let total = last - start
    try found.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    times.sort()
    let p50 = times[times.count / 2] * 1000
    let p99 = times[min(times.count - 1, times.count * 99 / 100)] * 1000
    return """
      {"probes": \(index.view().probes(for: effort)), "cpu_s": \(total), \
      "qps_cpu": \(Double(queries.count) / total), "p50_ms": \(p50), "p99_ms": \(p99)}
      """
  }
}

/// The CPU time of the calling thread, in seconds.
enum CPUTime {
  static var now: Double { read(CLOCK_THREAD_CPUTIME_ID) }

  /// That of all threads of the process, in seconds.
  static var ofProcess: Double { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
