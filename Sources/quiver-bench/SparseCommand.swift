import ArgumentParser
import Foundation
import VectorIndex

/// Measures the search of sparse vectors by itself, as the server runs it: `scripts/bench sparse`
/// drives it.
struct SparseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparse",
    abstract: "Puts sparse vectors in order and searches them, measuring CPU time.",
    discussion: """
      Prints a JSON object when the rows are in order, then one for each line of standard input. \
      Files hold one vector after the other: the number of elements, their indices, ascending, \
      and their weights, little-endian and four bytes each. For every query --limit offsets and \
      then as many scores are written to the file given by --out; missing offsets are 4294967295.
      """)

  @Option(help: "The rows.") var base: String
  @Option(help: "The queries.") var queries: String
  @Option(help: "Where offsets and scores are written.") var out: String
  @Option(help: "Neighbours per query.") var limit = 10
  @Flag(help: "Multiply the weights of queries by how rare their indices are.") var rarity = false
  @Option(help: "What weights of rows are kept as: float32, float16 or uint8.")
  var datatype = "float32"

  func run() throws {
    let elements: [String: ElementType] = [
      "float32": .float32, "float16": .float16, "uint8": .uint8,
    ]
    guard let element = elements[datatype] else {
      throw ValidationError("no datatype of sparse vectors: \(datatype)")
    }
    let bench = SparseBench(
      base: try Data(contentsOf: URL(fileURLWithPath: base), options: .alwaysMapped),
      queries: try Data(contentsOf: URL(fileURLWithPath: queries)), limit: limit,
      usesRarity: rarity, keeping: element)
    print(bench.build())
    fflush(nil)
    while readLine() != nil {
      print(try bench.search(out: out))
      fflush(nil)
    }
  }
}
