import ArgumentParser
import DataTransfer
import Foundation
import VectorIndex

/// Measures the scores of multivectors: `scripts/bench multi` drives it.
struct MultiCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "multi", abstract: "Scores candidates of queries by their vectors.",
    discussion: """
      Each query has as many vectors as --query-vectors says, and as many candidates, numbers of \
      rows, as the candidates' file has for it when it is divided among the queries. Prints a \
      JSON object with the CPU time that all queries took, the best of --repeats runs, and writes \
      the scores to the file given by --out, as 32-bit floats in the order of the candidates. \
      Without candidates an index is made of all rows, and the CPU time of a scan and of each \
      --recall is printed, with the share of the ten best rows that it found.
      """)

  @Option(help: "The vectors of all rows, a .npy file.") var vectors: String
  @Option(help: "How many of them each row has: little-endian 32-bit integers.") var counts: String
  @Option(help: "The vectors of all queries, a .npy file.") var queries: String
  @Option(help: "Vectors of a query.") var queryVectors = 32
  @Option(help: "Candidates: little-endian 32-bit integers; without them all rows are searched.")
  var candidates: String?
  @Option(help: "What numbers are kept as: float32, float16, uint8 or turbo4.")
  var element = "float32"
  @Option(help: "Where scores are written.") var out = "/dev/null"
  @Option(help: "The shares of the ten best rows that searches of all rows aim at, one by one.")
  var recall: [Double] = [0.95, 0.98, 0.995]
  @Option(help: "Runs over all queries.") var repeats = 3

  func run() throws {
    guard let element = ElementType(benchName: element) else {
      throw ValidationError("no element: \(element)")
    }
    let view = try column(element).view()
    let queries = try NPYFile(path: queries)
    let asked = try (0..<queries.rowCount / queryVectors).map { number in
      try (0..<queryVectors).flatMap { try queries.row(number * queryVectors + $0) }
    }
    guard let candidates = try candidates.map(Self.integers) else {
      try searchAll(view, asked)
      return
    }
    let each = candidates.count / max(1, asked.count)
    var scores: [Float] = []
    var best = Double.infinity
    for _ in 0..<repeats {
      scores.removeAll(keepingCapacity: true)
      let start = CPUTime.now
      for (number, query) in asked.enumerated() {
        let offsets = Array(candidates[number * each..<(number + 1) * each])
        for score in view.scorer(for: query, metric: .dot).scores(at: offsets) {
          scores.append(score ?? .nan)
        }
      }
      best = min(best, CPUTime.now - start)
    }
    try scores.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: out)) }
    print(
      """
      {"cpu_s": \(best), "queries": \(asked.count), "candidates": \(each), \
      "vector_bytes": \(view.vectorBytes), "kernels": "\(Kernels.selected)"}
      """)
  }

  /// Searches all rows, by a scan and through an index.
  private func searchAll(_ view: MultiColumnView, _ asked: [[Float]]) throws {
    let table = VisibilityTable()
    let rowCount = UInt32(try Self.integers(counts).count)
    for offset in 0..<rowCount { table.insert(offset, born: 1) }
    let visibility = table.view(at: 1, rowCount: rowCount)
    let index = MultiIndex(metric: .dot)
    var start = CPUTime.now
    while index.update(column: view, visibility: visibility) {}
    let build = CPUTime.now - start
    let all = MultiIndex(metric: .dot).view()
    var truth: [[Neighbor]] = []
    for (name, lists, efforts) in [
      ("scan", all, [MultiEffort.recall(1)]),
      ("index", index.view(), recall.map(MultiEffort.recall)),
    ] {
      for effort in efforts {
        let search = MultiSearch(index: lists, column: view, visibility: visibility, effort: effort)
        start = CPUTime.now
        let found = try asked.map {
          try search.search($0, limit: 10, allowed: nil, shouldStop: { false })
        }
        let seconds = CPUTime.now - start
        if truth.isEmpty { truth = found }
        let hits = zip(truth, found).reduce(0) { hits, pair in
          hits + Set(pair.0.map(\.offset)).intersection(pair.1.map(\.offset)).count
        }
        print(
          """
          {"by": "\(name)", "candidates": \(effort.candidates(10)), "cpu_s": \(seconds), \
          "queries": \(asked.count), "recall": \(Double(hits) / Double(10 * asked.count)), \
          "build_cpu_s": \(build), "index_bytes": \(index.residentBytes), "rows": \(rowCount)}
          """)
      }
    }
  }

  private func column(_ element: ElementType) throws -> MultiColumn {
    let vectors = try NPYFile(path: vectors)
    let column = MultiColumn(dimension: vectors.dimension, element: element)
    var next = 0
    for (offset, count) in try Self.integers(counts).enumerated() {
      let row = try (next..<next + Int(count)).flatMap { try vectors.row($0) }
      row.withUnsafeBufferPointer { column.write($0, at: UInt32(offset)) }
      next += Int(count)
    }
    return column
  }

  private static func integers(_ path: String) throws -> [UInt32] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
      }
    }
  }
}

extension ElementType {
  /// The element that options call so.
  init?(benchName name: String) {
    switch name {
    case "float32": self = .float32
    case "float16": self = .float16
    case "uint8": self = .uint8
    case "turbo4": self = .turbo4
    default: return nil
    }
  }
}
