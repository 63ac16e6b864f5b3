import Foundation
import FuzzTargets
import Testing

/// Bytes of strangers are taken or refused, whatever they are: a moment of each reader's time.
/// `scripts/fuzz` goes on for as long as one likes. One at a time, so that readers of whole files,
/// which wait for the threads that all tests share, get to some.
@Suite(.serialized) struct FuzzTests {
  @Test(arguments: FuzzTarget.all.map(\.name))
  func randomInputsAreTakenOrRefused(name: String) async throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let outcome = await run(target, for: .seconds(20), seed: 1, countMax: 400)
    #expect(outcome.count > 10)
    // Some are what they should be, or nothing behind the first fault would be read. Of requests
    // with the most parts that is one in thousands.
    let taken =
      outcome.taken > 0
      ? outcome.taken : await run(target, for: .seconds(60), seed: 2, countMax: 60_000).taken
    #expect(taken > 0)
  }

  /// On a thread of its own: some readers wait for work that needs those of the tests.
  private func run(
    _ target: FuzzTarget, for duration: Duration, seed: UInt64, countMax: Int
  ) async -> FuzzTarget.Outcome {
    await withCheckedContinuation { continuation in
      Thread {
        continuation.resume(returning: target.run(for: duration, seed: seed, countMax: countMax))
      }.start()
    }
  }

  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Corpus")

  /// What guided runs kept because it reaches code that little else does: a text a line, as JSON.
  @Test func keptInputsAreTakenOrRefused() throws {
    let files = try FileManager.default.contentsOfDirectory(
      at: Self.corpus, includingPropertiesForKeys: nil)
    #expect(files.count >= 5)
    for file in files {
      let name = file.deletingPathExtension().lastPathComponent
      let target = try #require(
        FuzzTarget.all.first { $0.name.replacing("/", with: "-") == name }, "\(name)")
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      for line in lines {
        let text = try JSONDecoder().decode(String.self, from: Data(line.utf8))
        _ = target.reads(Array(text.utf8))
      }
    }
  }

  @Test func everyCallHasItsReader() {
    let names = FuzzTarget.all.map(\.name)
    for (service, count) in [("Points", 30), ("Collections", 14), ("Snapshots", 6)] {
      #expect(names.count { $0.hasPrefix("qdrant.\(service)/") } == count)
    }
  }
}
