import ArgumentParser
import Foundation
import QdrantGRPC

/// Measures how fast requests are read off the wire of gRPC: `scripts/bench grpc` drives it.
struct WireCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wire", abstract: "Reads one request over and over, on one thread.")

  @Argument(help: "The message, a file.") var message: String
  @Option(help: "The path of its call.") var path = "/qdrant.Points/Upsert"
  @Option(help: "How long to go on.") var seconds = 1.0

  func run() throws {
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: message)))
    let readers = RequestReaders()
    let clock = ContinuousClock()
    var count = 0
    let begun = clock.now
    while clock.now - begun < .seconds(seconds) {
      guard bytes.withUnsafeBytes({ readers.reads($0, of: path) }) else {
        throw ValidationError("\(message) is no request of \(path)")
      }
      count += 1
    }
    let elapsed = (clock.now - begun) / .seconds(1)
    print(
      """
      {"requests":\(count),"seconds":\(elapsed),\
      "gigabytes_per_second":\(Double(count * bytes.count) / elapsed / 1e9)}
      """)
  }
}
