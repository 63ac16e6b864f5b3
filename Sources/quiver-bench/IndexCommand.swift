import ArgumentParser
import DataTransfer
import Foundation
import VectorIndex

/// Measures the index by itself, as the server runs it: `scripts/bench index` drives it.
struct IndexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index",
    abstract: "Builds an index over an array and searches it, measuring CPU time.",
    discussion: """
      Prints a JSON object when the index is built, then one for each line of standard input:
      `probes N`, `recall R` or `exact`. The offsets found are written to the file given by --out, \
      as --limit little-endian 32-bit integers a query.
      """)

  @Option(help: "The rows, a .npy file of float16 or float32.") var base: String
  @Option(help: "The queries, likewise.") var queries: String
  @Option(help: "cosine, l2 or dot.") var metric = "cosine"
  @Option(help: "What rows are kept as: float32, float16, uint8 or turbo4.")
  var element = "float32"
  @Option(help: "Where offsets are written.") var out: String
  @Option(help: "Rows used, from the first on.") var points: Int?
  @Option(help: "Queries used, from the first on.") var queryCount: Int?
  @Option(help: "Lists of the index; chosen by the index if not given.") var lists: Int?
  @Option(help: "Neighbours per query.") var limit = 10
  @Option(help: "Threads that build: 1 or 2.") var threads = 1

  func run() throws {
    guard let element = ElementType(benchName: element) else {
      throw ValidationError("no element: \(element)")
    }
    let base = try NPYFile(path: base)
    let queries = try NPYFile(path: queries)
    let bench = try IndexBench(
      base: base, count: min(points ?? base.rowCount, base.rowCount), queries: queries,
      queryCount: min(queryCount ?? queries.rowCount, queries.rowCount), metric: metric,
      element: element, limit: limit, parameters: IVFParameters(listCount: lists))
    print(bench.build(threads: threads))
    fflush(nil)
    while let line = readLine() {
      let words = line.split(separator: " ")
      switch (words.first, words.dropFirst().first.flatMap { Double($0) }) {
      case ("probes", let value?): print(try bench.search(.probes(Int(value)), out: out))
      case ("recall", let value?): print(try bench.search(.recall(value), out: out))
      case ("exact", _): print(try bench.search(.recall(1), out: out))
      default: throw ValidationError("not a command: \(line)")
      }
      fflush(nil)
    }
  }
}
