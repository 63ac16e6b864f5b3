import ArgumentParser
import Foundation
import FuzzTargets

/// Reads random inputs with everything that reads bytes of strangers; `scripts/fuzz` drives it.
@main
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quiver-fuzz", abstract: "Reads random inputs until something crashes.")

  @Argument(help: "A target, those of a kind, or all of them.") var target = "all"
  @Argument(help: "How long to go on, for all targets together.") var seconds = 60.0
  @Option(help: "Of the random choices.") var seed: UInt64 = 1
  @Option(help: "Where the input that is being read is noted.") var note = "fuzz-input"
  @Option(help: "Reads this file instead of random inputs.") var input: String?
  @Option(help: "Has libFuzzer choose inputs, and keep them in this folder; for one target.")
  var corpus: String?
  @Option(help: "A folder of inputs that such a run begins with, too.") var kept: String?
  @Flag(help: "Tells the targets.") var list = false
  @Flag(help: "Tells the kinds of targets.") var kinds = false

  func run() throws {
    if kinds { return print(FuzzTarget.kinds.map(\.name).joined(separator: "\n")) }
    let targets = FuzzTarget.named(target)
    if list { return print(targets.map(\.name).joined(separator: "\n")) }
    guard !targets.isEmpty else { throw ValidationError("there is no target \(target)") }
    if let input {
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: input)))
      for target in targets { print("\(target.name): \(target.reads(bytes))") }
      return
    }
    if let corpus {
      guard GuidedRun.isPossible, targets.count == 1 else {
        throw ValidationError("one target, and a build with libFuzzer, are needed")
      }
      let status = try GuidedRun.run(
        targets[0], seconds: seconds, seed: seed, corpus: corpus, kept: kept ?? "", note: note)
      throw ExitCode(status)
    }
    let notebook = try Notebook(path: note)
    for target in targets {
      let outcome = target.run(
        for: .seconds(seconds / Double(targets.count)), seed: seed, note: notebook.write)
      print("\(target.name): \(outcome.count) inputs, \(outcome.taken) taken")
      fflush(nil)
    }
    notebook.remove()
  }
}

/// The input that is being read, in a file that outlives a crash: shared memory, so that noting one
/// costs a copy.
private struct Notebook {
  private static let size = 1 << 20
  private let path: String
  private let memory: UnsafeMutableRawPointer

  init(path: String) throws {
    self.path = path
    let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0, ftruncate(file, off_t(Self.size)) == 0,
      let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
      memory != MAP_FAILED
    else { throw ValidationError("can't write to \(path)") }
    close(file)
    self.memory = memory
  }

  /// The length goes before the bytes.
  func write(_ bytes: [UInt8]) {
    let count = min(bytes.count, Self.size - 8)
    memory.storeBytes(of: UInt64(count), as: UInt64.self)
    bytes.withUnsafeBytes { source in
      guard let first = source.baseAddress else { return }
      (memory + 8).copyMemory(from: first, byteCount: count)
    }
  }

  func remove() { unlink(path) }
}
