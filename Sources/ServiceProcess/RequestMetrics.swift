import Synchronization

/// Counts and durations of the answers given, by route template and status, and the same for each
/// collection.
///
/// One lock is held for one or two dictionary accesses per request; a snapshot copies the table.
package final class RequestMetrics: Sendable {
  /// What answers are grouped by. Templates come from the router, so there are few.
  package struct Key: Hashable, Sendable {
    /// The HTTP method; empty for what has none.
    package let method: String
    /// The template of the route, or the path of the call.
    package let endpoint: String
    /// The status of the answer.
    package let status: Int

    /// Method and endpoint.
    package var route: String { method.isEmpty ? endpoint : "\(method) \(endpoint)" }
  }

  /// What was counted under each key.
  package typealias Groups = [(key: Key, durations: DurationHistogram)]

  private struct Tables {
    var all: [Key: DurationHistogram] = [:]
    var byCollection: [String: [Key: DurationHistogram]] = [:]
  }

  /// Collections that metrics tell apart at once. Names come from clients, so there must be an end.
  private static let collectionsMax = 10_000

  private let tables = Mutex(Tables())

  /// Nothing counted yet.
  package init() {}

  /// Counts an answer.
  ///
  /// - Parameter collection: the name of the collection that it is about. One that was not heard of
  ///   before is remembered only with a success: else there may be none.
  package func record(
    method: String, endpoint: String, status: Int, seconds: Double, collection: String? = nil
  ) {
    let key = Key(method: method, endpoint: endpoint, status: status)
    tables.withLock { tables in
      tables.all[key, default: DurationHistogram()].record(seconds)
      guard let collection else { return }
      if tables.byCollection[collection] != nil {
        tables.byCollection[collection]?[key, default: DurationHistogram()].record(seconds)
      } else if status < 300, tables.byCollection.count < Self.collectionsMax {
        var durations = DurationHistogram()
        durations.record(seconds)
        tables.byCollection[collection] = [key: durations]
      }
    }
  }

  /// All groups in a stable order.
  package func snapshot() -> Groups { Self.sorted(tables.withLock { $0.all }) }

  /// The groups of each collection, by name.
  ///
  /// - Parameter isThere: whether a collection has the name; what is kept for others is forgotten.
  package func byCollection(
    where isThere: (String) -> Bool
  ) -> [(collection: String, groups: Groups)] {
    let names = tables.withLock { Array($0.byCollection.keys) }
    let gone = names.filter { !isThere($0) }
    let found = tables.withLock { tables in
      for name in gone { tables.byCollection[name] = nil }
      return tables.byCollection
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, Self.sorted($0.value)) }
  }

  private static func sorted(_ table: [Key: DurationHistogram]) -> Groups {
    table.map { (key: $0.key, durations: $0.value) }.sorted { left, right in
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
  /// When the latest was given, in seconds since 1970.
  package private(set) var lastMoment = 0.0
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
    lastMoment = Moment.now
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
