import CGuidedFuzzing
import Foundation
import FuzzTargets
import Synchronization

/// A run of libFuzzer: it keeps inputs that reach code which none reached before, and makes others
/// of them.
enum GuidedRun {
  private static let target = Mutex<FuzzTarget?>(nil)

  /// Whether this build has libFuzzer in it.
  static var isPossible: Bool { guided_is_built() }

  private static let examplesCount = 300
  /// An input that takes longer is one that hangs.
  private static let secondsMax = 25
  private static let megabytesMax = 2048

  /// Reads inputs until the time is over or something crashes; seldom returns.
  ///
  /// - Parameters:
  ///   - corpus: the folder of inputs that were worth keeping. Examples are put into an empty one,
  ///     and into any what is kept in the repository.
  ///   - kept: the folder of that.
  ///   - note: where what crashed is left.
  static func run(
    _ target: FuzzTarget, seconds: Double, seed: UInt64, corpus: String, kept: String, note: String
  ) throws -> Int32 {
    try fill(corpus, with: target, seed: seed, kept: kept)
    Self.target.withLock { $0 = target }
    let texts = [
      "quiver-fuzz", corpus, "-max_total_time=\(max(1, Int(seconds)))",
      "-seed=\(UInt32(truncatingIfNeeded: seed))", "-exact_artifact_path=\(note)",
      "-timeout=\(secondsMax)", "-report_slow_units=\(secondsMax)",
      "-rss_limit_mb=\(megabytesMax)", "-detect_leaks=0", "-print_final_stats=1",
    ]
    var arguments = texts.map { strdup($0) } + [nil]
    return guided_run(
      Int32(texts.count), &arguments,
      { bytes, count in
        guard let target = GuidedRun.target.withLock({ $0 }) else { return -1 }
        _ = target.reads(UnsafeRawBufferPointer(start: bytes, count: count))
        return 0
      },
      { bytes, count, countMax, seed in
        guard let bytes, let target = GuidedRun.target.withLock({ $0 }) else { return 0 }
        let input = Array(UnsafeBufferPointer(start: bytes, count: count))
        guard let altered = target.altered(input, seed: UInt64(seed)), altered.count <= countMax
        else { return 0 }
        _ = UnsafeMutableBufferPointer(start: bytes, count: countMax).update(
          fromContentsOf: altered)
        return altered.count
      })
  }

  private static func fill(
    _ corpus: String, with target: FuzzTarget, seed: UInt64, kept: String
  ) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: corpus, withIntermediateDirectories: true)
    var inputs: [String: [UInt8]] = [:]
    if try files.contentsOfDirectory(atPath: corpus).isEmpty {
      for (place, bytes) in target.examples(examplesCount, seed: seed).enumerated() {
        inputs["example-\(place)"] = bytes
      }
    }
    for (place, bytes) in try target.kept(in: URL(filePath: kept)).enumerated() {
      inputs["kept-\(place)"] = bytes
    }
    for (name, bytes) in inputs {
      try Data(bytes).write(to: URL(filePath: corpus).appending(path: name))
    }
  }
}
