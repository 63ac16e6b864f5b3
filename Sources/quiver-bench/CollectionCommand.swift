import ArgumentParser
import DataTransfer
import Foundation

/// Measures requests to a whole collection, payloads and filters included, without HTTP:
/// `scripts/bench filter` drives it.
struct CollectionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collection",
    abstract: "Fills a collection and runs query requests against it, measuring CPU time.",
    discussion: """
      Prints a JSON object when the collection is loaded and indexed, then one for each line of \
      standard input, which is the path of a file of query bodies, one a line. The ids found are \
      written to the file given by --out, as --limit little-endian 32-bit integers a query.
      """)

  @Option(help: "The rows, a .npy file of float16 or float32.") var base: String
  @Option(help: "Their payloads, one JSON object a line.") var payloads: String
  @Option(help: "Bodies that create payload indexes, one a line.") var indexes: String
  @Option(help: "A folder for the data, which must not be there.") var storage: String
  @Option(help: "Where ids are written.") var out: String
  @Option(help: "Neighbours per query.") var limit = 10

  func run() async throws {
    let bench = try CollectionBench(storage: storage, limit: limit)
    print(
      try await bench.load(
        NPYFile(path: base), payloads: Self.lines(payloads), indexes: Self.lines(indexes)))
    fflush(nil)
    while let line = readLine() {
      print(try await bench.run(Self.lines(line), out: out))
      fflush(nil)
    }
    await bench.close()
  }

  private static func lines(_ path: String) throws -> [[UInt8]] {
    try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
      .split(separator: UInt8(ascii: "\n")).map { Array($0) }
  }
}
