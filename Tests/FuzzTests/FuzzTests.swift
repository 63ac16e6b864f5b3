import Foundation
import FuzzTargets
import Testing

/// Bytes of strangers are taken or refused, whatever they are: ten seconds of each kind of reader,
/// of which each has its share. `scripts/fuzz` goes on for as long as one likes. One at a time, so
/// that readers of whole files, which wait for the threads that all tests share, get to some.
@Suite(.serialized) struct FuzzTests {
  /// For each kind of targets; `QUIVER_FUZZ_SECONDS` says another number.
  private static let seconds =
    ProcessInfo.processInfo.environment["QUIVER_FUZZ_SECONDS"].flatMap(Double.init) ?? 10
  /// Other inputs every day, and the same ones all day.
  private static let seed = UInt64(Date().timeIntervalSince1970 / 86_400)

  @Test(arguments: FuzzTarget.kinds.map(\.name))
  func randomInputsAreTakenOrRefused(kind: String) async throws {
    let targets = FuzzTarget.named(kind)
    for target in targets {
      // If it crashes, nothing else tells of what: scripts/fuzz makes the same inputs again.
      print("fuzzing: \(target.name), --seed \(Self.seed)")
      fflush(nil)
      let share = Self.seconds / Double(targets.count)
      let outcome = await run(target, for: .seconds(share), seed: Self.seed)
      #expect(outcome.count > 10, "\(target.name)")
      // Some are what they should be, or nothing behind the first fault would be read. Of requests
      // with the most parts that is one in thousands.
      let taken =
        outcome.taken > 0
        ? outcome.taken : await run(target, for: .seconds(60), seed: 2, countMax: 60_000).taken
      #expect(taken > 0, "\(target.name)")
    }
  }

  /// On a thread of its own: some readers wait for work that needs those of the tests.
  private func run(
    _ target: FuzzTarget, for duration: Duration, seed: UInt64, countMax: Int = .max
  ) async -> FuzzTarget.Outcome {
    await withCheckedContinuation { continuation in
      Thread {
        continuation.resume(returning: target.run(for: duration, seed: seed, countMax: countMax))
      }.start()
    }
  }

  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Corpus")

  /// What guided runs kept because it reaches code that little else does, and begin with.
  @Test func keptInputsAreTakenOrRefused() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
    #expect(files.count >= 5)
    let targets = FuzzTarget.all.filter { files.contains("\($0.fileName).txt") }
    #expect(targets.count == files.count, "every file is that of a target")
    for target in targets {
      let inputs = try target.kept(in: Self.corpus)
      #expect(inputs.count > 10)
      for input in inputs { _ = target.reads(input) }
    }
  }

  @Test func everyCallHasItsReader() {
    let names = FuzzTarget.all.map(\.name)
    for (service, count) in [("Points", 30), ("Collections", 14), ("Snapshots", 6)] {
      #expect(names.count { $0.hasPrefix("qdrant.\(service)/") } == count)
    }
  }

  @Test func namesAreUnambiguous() {
    let names = FuzzTarget.all.map(\.name)
    let kinds = FuzzTarget.kinds.map(\.name)
    #expect(Set(names + kinds + ["all"]).count == names.count + kinds.count + 1)
    #expect(Set(FuzzTarget.all.map(\.fileName)).count == names.count)
  }
}
