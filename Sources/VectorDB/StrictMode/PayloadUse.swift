import PointModel
import Synchronization

/// How many bytes the payloads of a collection take, measured only where a bound may be near.
///
/// What was measured last and all that was written since is an upper bound; when that reaches a
/// limit, the payloads are measured anew.
final class PayloadUse: Sendable {
  private struct State {
    /// Bytes when last measured.
    var measured: Int?
    /// Bytes written since.
    var added = 0
    /// The operation that was next when last measured.
    var nextOperation: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Whether the payloads take `limit` bytes or more; if not, counts what `operations` write.
  func reaches(
    _ limit: Int, of collection: PointCollection, adding operations: [Operation]
  ) async throws(CollectionError) -> Bool {
    let next = collection.state.withLock { $0.counters.nextOperation }
    let known = state.withLock { $0 }
    if let measured = known.measured, measured >= limit, known.nextOperation == next { return true }
    if known.measured.map({ $0 + known.added >= limit }) ?? true {
      let transaction = try collection.beginRead()
      let bytes = try await transaction.run { (transaction) throws(CollectionError) in
        try Self.measure(transaction)
      }
      state.withLock { $0 = State(measured: bytes, added: 0, nextOperation: next) }
      if bytes >= limit { return true }
    }
    let added = operations.reduce(0) { $0 + Self.bytes(of: $1, collection) }
    state.withLock { $0.added += added }
    return false
  }

  private static func measure(
    _ transaction: ReadTransaction
  ) throws(CollectionError) -> Int {
    var bytes = 0
    try transaction.scanRecords { (_, record) throws(CollectionError) in
      bytes += record.payload.count
      return true
    }
    return bytes
  }

  private static func bytes(of operation: Operation, _ collection: PointCollection) -> Int {
    switch operation {
    case .upsert(let points, _): return points.reduce(0) { $0 + $1.payload.json.count }
    case .setPayload(let payload, let selector, _), .overwritePayload(let payload, let selector):
      let count =
        switch selector {
        case .ids(let ids): ids.count
        case .filter: collection.pointsCount
        }
      return payload.json.count.multipliedSaturating(by: count)
    default: return 0
    }
  }
}
