import ArgumentParser
import Foundation
import SentenceEmbedding

/// Measures the sentence-embedding model by itself, on one thread: `scripts/bench embed` drives it.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Embeds texts.",
    discussion: """
      Prints a JSON object once the model is open, then one with the CPU time of all texts for \
      each line of standard input. The vectors are written to the file given by --out, as 32-bit \
      floats.
      """)

  @Option(help: "The folder of the model.") var model: String
  @Option(help: "The texts, a JSON array of strings.") var texts: String
  @Option(help: "Where vectors are written.") var out: String
  @Option(help: "Texts in one call.") var batch = 16
  @Flag(help: "Single precision.") var exact = false

  func run() throws {
    let embedder = try SentenceEmbedder(modelFolder: model, isExact: exact)
    let texts = try JSONDecoder().decode(
      [String].self, from: Data(contentsOf: URL(fileURLWithPath: texts)))
    let tokens = texts.reduce(0) { $0 + min(embedder.tokenCount($1), embedder.maximumTokens) }
    print(
      """
      {"texts": \(texts.count), "tokens": \(tokens), \
      "kernels": "\(embedder.kernelDescription)"}
      """)
    fflush(nil)
    while readLine() != nil {
      var vectors: [[Float]] = []
      let start = CPUTime.now
      for first in stride(from: 0, to: texts.count, by: batch) {
        let part = Array(texts[first..<min(first + batch, texts.count)])
        vectors += try embedder.embed(part)
      }
      let seconds = CPUTime.now - start
      try vectors.flatMap { $0 }.withUnsafeBytes {
        try Data($0).write(to: URL(fileURLWithPath: out))
      }
      print("{\"cpu_s\": \(seconds)}")
      fflush(nil)
    }
  }
}
