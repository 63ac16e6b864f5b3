import ArgumentParser
import DataTransfer
import Foundation
import VectorIndex

/// Measures an index whose rows come and go: `scripts/bench stream` drives it.
struct StreamCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "Takes rows into an index and out of it, and searches, measuring CPU time.",
    discussion: """
      Prints a JSON object for each line of standard input: `add FILE` and `remove FILE`, the \
      numbers of rows of --base as little-endian 32-bit integers; `living N QUERIES` and \
      `fresh N QUERIES`, which search the index that lived through it, and one built of the same \
      rows, with N probes for the rows of a .npy file; `default 0 QUERIES`, with no wish. The rows \
      found are written to the file given by --out, ten a query.
      """)

  @Option(help: "All rows that will ever come, a .npy file of float32.") var base: String
  @Option(help: "l2 or dot.") var metric = "l2"
  @Option(help: "Where the rows found are written.") var out: String

  func run() throws {
    let bench = StreamBench(
      base: try NPYFile(path: base), metric: metric == "l2" ? .squaredEuclid : .dot)
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      let start = CPUTime.now
      var figures = ""
      let path = words.last ?? ""
      let probes = words.count == 3 ? Int(words[1]) ?? 0 : 0
      switch words.first {
      case "add": try bench.add(Self.numbers(path))
      case "remove": try bench.remove(Self.numbers(path))
      case "living":
        figures = try bench.search(
          Self.queries(path), .probes(probes), isFresh: false, out: out)
      case "fresh":
        figures = try bench.search(Self.queries(path), .probes(probes), isFresh: true, out: out)
      case "default":
        figures = try bench.search(Self.queries(path), .recall(0.98), isFresh: false, out: out)
      default: throw ValidationError("not a command: \(line)")
      }
      print("{\"cpu_s\": \(CPUTime.now - start)\(figures)}")
      fflush(nil)
    }
  }

  private static func queries(_ path: String) throws -> [[Float]] {
    let file = try NPYFile(path: path)
    return try (0..<file.rowCount).map { try file.row($0) }
  }

  private static func numbers(_ path: String) throws -> [Int] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - 3, by: 4).map {
        Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
      }
    }
  }
}
