import Synchronization

/// Counts and durations of the answers given, by route template and status.
///
/// One lock is held for one dictionary access per request; a snapshot copies the table.
package final class RequestMetrics: Sendable {
  /// What answers are grouped by. Templates come from the router, so there are few.
  package struct Key: Hashable, Sendable {
    /// The HTTP method.
    package let method: String
    /// The template of the route.
    package let endpoint: String
    /// The status of the answer.
    package let status: Int
  }

  private let table = Mutex<[Key: DurationHistogram]>([:])

  /// Nothing counted yet.
  package init() {}

  /// Counts an answer.
  package func record(method: String, endpoint: String, status: Int, seconds: Double) {
    let key = Key(method: method, endpoint: endpoint, status: status)
    table.withLock { $0[key, default: DurationHistogram()].record(seconds) }
  }

  /// All groups in a stable order.
  package func snapshot() -> [(key: Key, durations: DurationHistogram)] {
    table.withLock { $0.map { (key: $0.key, durations: $0.value) } }.sorted { left, right in
      (left.key.endpoint, left.key.method, left.key.status)
        < (right.key.endpoint, right.key.method, right.key.status)
    }
  }
}

/// How long the answers of one group took.
package struct DurationHistogram: Sendable {
  /// Upper bounds of the buckets in seconds, those of Qdrant, so that its dashboards fit.
  package static let bounds: [Double] = [
    0.000001, 0.000005, 0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1,
    5, 10, 50,
  ]

  /// Answers so far.
  package private(set) var count = 0
  /// What all of them took.
  package private(set) var totalSeconds = 0.0
  /// What the quickest took.
  package private(set) var minSeconds = Double.infinity
  /// What the slowest took.
  package private(set) var maxSeconds = 0.0
  /// Answers within each bound and beyond the one before it.
  private var buckets = [Int](repeating: 0, count: bounds.count)

  /// Nothing counted yet.
  package init() {}

  /// Counts an answer.
  package mutating func record(_ seconds: Double) {
    count += 1
    totalSeconds += seconds
    minSeconds = min(minSeconds, seconds)
    maxSeconds = max(maxSeconds, seconds)
    if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { buckets[index] += 1 }
  }

  /// What an answer took on average; 0 without any.
  package var averageSeconds: Double { count == 0 ? 0 : totalSeconds / Double(count) }

  /// Answers within each bound.
  package var cumulative: [(bound: Double, count: Int)] {
    var sum = 0
    return zip(Self.bounds, buckets).map { bound, bucket in
      sum += bucket
      return (bound, sum)
    }
  }
}
