import ArgumentParser
import DataTransfer
import Foundation
import VectorIndex

/// Measures searches under filters, near the query and far from it, in the index alone:
/// `scripts/bench filter` drives it.
struct FilterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filter",
    abstract: "Searches an index under filters made of where rows lie, measuring CPU time.",
    discussion: """
      Prints a JSON object a filter: recall among ten neighbours, CPU time a query, and that as a \
      multiple of a search without a filter; lists, entries and rows that a query looked at.
      """)

  @Option(help: "The rows, a .npy file of float16 or float32.") var base: String
  @Option(help: "The queries, likewise.") var queries: String
  @Option(help: "cosine, l2 or dot.") var metric = "cosine"
  @Option(help: "Queries used, from the first on.") var queryCount = 100
  @Option(help: "The recall that is asked for.") var recall = 0.98
  @Option(help: "The one kind of filter that is measured, by its name; all if not given.")
  var only: String?

  private static let filters: [(name: String, kind: FilterBench.Kind, shares: [Double])] = [
    ("random", .beyond(0), [0.5, 0.1, 0.03, 0.01, 0.001]),
    ("near", .near, [0.5, 0.1, 0.03, 0.01]),
    ("topic elsewhere", .topic, [0.1, 0.04, 0.01]),
    ("all but the nearest 0.1 %", .beyond(0.001), [0.999, 0.1]),
    ("all but the nearest 1 %", .beyond(0.01), [0.99, 0.1]),
    ("farther half", .beyond(0.5), [0.5, 0.1, 0.03, 0.01]),
  ]

  func run() throws {
    let bench = try FilterBench(
      base: NPYFile(path: base), queries: NPYFile(path: queries), queryCount: queryCount,
      metric: metric == "l2" ? .squaredEuclid : .dot)
    for (name, kind, shares) in Self.filters where only == nil || only == name {
      for share in shares {
        print(try bench.measure(name, kind, share: share, recall: recall))
        fflush(nil)
      }
    }
  }
}
