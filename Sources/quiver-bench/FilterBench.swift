import DataTransfer
import Foundation
import RowSets
import VectorIndex

/// Searches of an index under filters that are made of where rows lie, seen from each query.
final class FilterBench {
  private let column: DenseColumn
  private let visibility = VisibilityTable()
  private let rowCount: UInt32
  private let metric: Metric
  private let queries: [[Float]]
  private let index: IVFFlatIndex
  private static let limit = 10

  /// Which rows pass.
  enum Kind {
    /// Any, of a pool that leaves out a share of the rows, those nearest to the query.
    case beyond(Double)
    /// Of twice as many as pass, the nearest to the query.
    case near
    /// Those nearest to some row, which has nothing to do with the query.
    case topic
  }

  /// Builds the index of a file's rows.
  init(base: NPYFile, queries: NPYFile, queryCount: Int, metric: Metric) throws {
    self.metric = metric
    let rowCount = UInt32(base.rowCount)
    let column = DenseColumn(dimension: base.dimension)
    let prepared = { (row: [Float]) in
      var row = row
      if metric != .squaredEuclid { VectorMath.normalize(&row) }
      return row
    }
    self.queries = try (0..<min(queryCount, queries.rowCount)).map {
      prepared(try queries.row($0))
    }
    for number in 0..<base.rowCount {
      prepared(try base.row(number)).withUnsafeBufferPointer {
        column.write($0, at: UInt32(number))
      }
      visibility.insert(UInt32(number), born: 1)
    }
    index = try IVFFlatIndex.build(
      metric: metric, parameters: IVFParameters(), rows: column.view(),
      visibility: visibility.view(at: 1, rowCount: rowCount), shouldContinue: { _ in true })
    self.rowCount = rowCount
    self.column = column
  }

  /// The rows that pass for each query, so many of them.
  private func masks(_ kind: Kind, share: Double) throws -> [RowMask] {
    var random = SeededNumbers(state: 7)
    let passing = max(1, Int(share * Double(rowCount)))
    return try queries.map { query in
      var vector = query
      if case .topic = kind {
        let row = UInt32.random(in: 0..<rowCount, using: &random)
        vector = column.view().row(row) ?? query
      }
      let order = try ranked(vector)
      let pool =
        switch kind {
        case .beyond(let left): order[Int(left * Double(rowCount))...]
        case .near: order[..<min(order.count, 2 * passing)]
        case .topic: order[..<passing]
        }
      let kept = pool.count == passing ? Array(pool) : Array(pool.shuffled(using: &random))
      return RowSet(kept.prefix(passing).sorted()).mask(below: rowCount)
    }
  }

  private func ranked(_ vector: [Float]) throws -> [UInt32] {
    var scores = [Float](repeating: 0, count: Int(rowCount))
    let scorer = column.view().scorer(for: vector, metric: metric)
    scores.withUnsafeMutableBufferPointer { scores in
      for start in stride(from: 0, to: Int(rowCount), by: 256) {
        let offsets = (start..<min(start + 256, Int(rowCount))).map { UInt32($0) }
        offsets.withUnsafeBufferPointer { offsets in
          scorer.score(
            at: offsets, following: 0,
            into: UnsafeMutableBufferPointer(rebasing: scores[start..<start + offsets.count]))
        }
      }
    }
    return (0..<rowCount).sorted { scores[Int($0)] > scores[Int($1)] }
  }

  /// Recall and CPU time under one filter, as JSON; the latter also as a multiple of that without a
  /// filter, which is measured before and after; and how much was looked at.
  func measure(_ name: String, _ kind: Kind, share: Double, recall: Double) throws -> String {
    let masks = try masks(kind, share: share)
    let exact = try run(.recall(1), masks.map { $0 }).found
    let plain = [RowMask?](repeating: nil, count: queries.count)
    _ = try run(.recall(recall), plain)
    let before = try run(.recall(recall), plain).seconds
    let some = try run(.recall(recall), masks.map { $0 })
    let after = try run(.recall(recall), plain).seconds
    var hits = 0
    for (found, truth) in zip(some.found, exact) { hits += Set(found).intersection(truth).count }
    let wanted = exact.reduce(0) { $0 + $1.count }
    let microseconds = some.seconds / Double(queries.count) * 1e6
    let looks = try looks(.recall(recall), masks)
    return """
      {"filter": "\(name)", "share": \(share), "recall10": \(Double(hits) / Double(wanted)), \
      "us": \(microseconds), "times": \(2 * some.seconds / (before + after)), \
      "lists": \(looks.lists), "entries": \(looks.entries), "scored": \(looks.scored)}
      """
  }

  /// What a query looks at on average: lists, entries in them, and rows.
  private func looks(
    _ effort: SearchEffort, _ masks: [RowMask?]
  ) throws -> (lists: Int, entries: Int, scored: Int) {
    let trace = SearchTrace()
    _ = try run(effort, masks, trace)
    let looks = trace.take()
    let mean = { (of: (SearchTrace.Look) -> Int) in
      looks.reduce(0) { $0 + of($1) } / max(1, self.queries.count)
    }
    return (mean(\.probes), mean(\.entries), mean(\.scored))
  }

  private func run(
    _ effort: SearchEffort, _ masks: [RowMask?], _ trace: SearchTrace? = nil
  ) throws -> (seconds: Double, found: [[UInt32]]) {
    let rows = column.view()
    let visible = visibility.view(at: 1, rowCount: rowCount)
    var search = IVFSearch(index.view(), effort: effort)
    search.trace = trace
    var found: [[UInt32]] = []
    let start = CPUTime.now
    for (query, mask) in zip(queries, masks) {
      let neighbors = try search.search(
        [SearchQuery(vector: query, limit: Self.limit, allowed: mask)], in: rows,
        visibility: visible, shouldStop: { false })
      found.append(neighbors[0].map(\.offset))
    }
    return (CPUTime.now - start, found)
  }
}

/// The same numbers in every run.
private struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
