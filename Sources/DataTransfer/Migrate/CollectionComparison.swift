import Crypto
import FastJSON

/// Walks the same collection on two servers side by side and finds what differs.
struct CollectionComparison: Sendable {
  /// Both have the same points.
  struct Outcome: Sendable, Equatable, CustomStringConvertible {
    let count: Int
    /// SHA-256 over all points in the order of their ids, in hexadecimal digits.
    let checksum: String

    var description: String {
      "\(ProgressBar.grouped(count)) points on both, checksum \(checksum.prefix(16))"
    }
  }

  private static let namedDifferences = 5

  let source: RemotePoints
  let target: RemotePoints
  let batch: Int
  let isNormalized: Bool
  /// Names of vectors of which only codes are kept.
  let coded: Set<String>

  /// Compares number and contents.
  ///
  /// - Throws: `notTheSame`, with the first points that differ.
  func run(_ progress: some TransferProgress) async throws(TransferError) -> Outcome {
    let (there, here) = (try await source.count(), try await target.count())
    progress.begin("compare \(source.collection)", total: there)
    var left = PointStream(PointPages(of: source, limit: batch), coded)
    var right = PointStream(PointPages(of: target, limit: batch), coded)
    var (leftHash, rightHash) = (SHA256(), SHA256())
    var (count, differing, differences) = (0, 0, [String]())
    func note(_ difference: String) {
      differing += 1
      if differences.count < Self.namedDifferences { differences.append(difference) }
    }
    var (a, b) = (try await left.next(), try await right.next())
    while a != nil || b != nil {
      if let point = a, b.map({ point.id < $0.id }) ?? true {
        note("\(point.id) is missing")
        point.hash(into: &leftHash)
        a = try await left.next()
      } else if let point = b, a.map({ point.id < $0.id }) ?? true {
        note("\(point.id) is only on the target")
        point.hash(into: &rightHash)
        b = try await right.next()
      } else if let source = a, let target = b {
        let isSame = source.isSame(as: target, isNormalized: isNormalized)
        if !isSame { note("\(source.id) differs") }
        source.hash(into: &leftHash)
        target.hash(into: &rightHash, valuesOf: isSame ? source : nil)
        count += 1
        if count.isMultiple(of: 256) { progress.advance(done: count, points: count) }
        (a, b) = (try await left.next(), try await right.next())
      }
    }
    progress.advance(done: count, points: count)
    progress.end()
    let checksums = [Self.text(leftHash.finalize()), Self.text(rightHash.finalize())]
    guard differing == 0, there == here, checksums[0] == checksums[1] else {
      let named = differences.joined(separator: ", ")
      throw .notTheSame(
        """
        \(source.collection): \(there) points in the source and \(here) in the target, \
        checksums \(checksums[0].prefix(16)) and \(checksums[1].prefix(16)), \
        \(differing) differ\(named.isEmpty ? "" : ": \(named)"). Was one of them written to \
        meanwhile? The next run copies it again
        """)
    }
    return Outcome(count: count, checksum: checksums[0])
  }

  private static func text(_ digest: SHA256.Digest) -> String {
    digest.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}

/// The points of pages one by one.
private struct PointStream {
  private var pages: PointPages
  private let coded: Set<String>
  private var page: JSONArray.Iterator?

  init(_ pages: PointPages, _ coded: Set<String>) {
    self.pages = pages
    self.coded = coded
  }

  mutating func next() async throws(TransferError) -> ComparablePoint? {
    while true {
      if let point = page?.next() { return try ComparablePoint(point, coded: coded) }
      guard let following = try await pages.next() else { return nil }
      page = following.points.makeIterator()
    }
  }
}
