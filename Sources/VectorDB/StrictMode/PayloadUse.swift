import PointModel
import Synchronization

/// How many bytes the payloads of a collection take, in blocks, as the engine counts them whose
/// limits these are.
///
/// What was measured last and all that was written since is an upper bound: what was overwritten
/// counts on. When that reaches a limit, the payloads are measured anew, if that was not done a
/// moment ago; after a deletion, at once.
final class PayloadUse: Sendable {
  private struct State {
    /// Bytes when last measured; `nil` before.
    var measured: Int?
    var measuredAt = ContinuousClock.now
    /// Bytes written since.
    var added = 0
    /// Whether something was deleted since.
    var mayHaveShrunk = false
  }

  /// Every payload but an empty one takes whole blocks.
  private static let blockBytes = 128

  private let state: Mutex<State>

  /// - Parameter isEmpty: whether there are no points yet.
  init(isEmpty: Bool) {
    state = Mutex(State(measured: isEmpty ? 0 : nil))
  }

  /// Whether the payloads take `limit` bytes or more.
  func reaches(_ limit: Int, of collection: PointCollection) async throws(CollectionError) -> Bool {
    let isGoodFor = Duration.milliseconds(
      collection.core.options.limits.payloadMeasurementMilliseconds)
    let isKnown: Bool? = state.withLock { state in
      guard let measured = state.measured else { return nil }
      if measured.addingSaturating(state.added) < limit { return false }
      if state.mayHaveShrunk { return nil }
      return .now - state.measuredAt < isGoodFor ? true : nil
    }
    if let isKnown { return isKnown }
    let transaction = try collection.beginRead()
    let bytes = try await transaction.run { (transaction) throws(CollectionError) in
      try Self.measure(transaction)
    }
    state.withLock { $0 = State(measured: bytes) }
    return bytes >= limit
  }

  /// Counts what `operations` write, if it is known what was there before.
  func note(_ operations: [Operation], of collection: PointCollection) {
    if state.withLock({ $0.measured == nil }) { return }
    let added = operations.reduce(0) { $0.addingSaturating(Self.bytes(of: $1, collection)) }
    let shrinks = operations.contains(where: \.takesPayloads)
    state.withLock { state in
      state.added = state.added.addingSaturating(added)
      state.mayHaveShrunk = state.mayHaveShrunk || shrinks
    }
  }

  private static func measure(
    _ transaction: ReadTransaction
  ) throws(CollectionError) -> Int {
    var bytes = 0
    try transaction.scanRecords { (_, record) throws(CollectionError) in
      bytes += blocks(of: record.payload.count)
      return true
    }
    return bytes
  }

  /// What a payload of so many bytes of JSON takes; an empty one is of two.
  private static func blocks(of count: Int) -> Int {
    count <= 2 ? 0 : (count + blockBytes - 1) / blockBytes * blockBytes
  }

  private static func bytes(of operation: Operation, _ collection: PointCollection) -> Int {
    switch operation {
    case .upsert(let points, _): return points.reduce(0) { $0 + blocks(of: $1.payload.json.count) }
    case .setPayload(let payload, let selector, _), .overwritePayload(let payload, let selector):
      let count =
        switch selector {
        case .ids(let ids): ids.count
        case .filter: collection.pointsCount
        }
      return blocks(of: payload.json.count).multipliedSaturating(by: count)
    default: return 0
    }
  }
}

extension Operation {
  /// Whether payloads may become fewer or shorter by it.
  fileprivate var takesPayloads: Bool {
    switch self {
    case .delete, .deletePayload, .clearPayload, .overwritePayload: true
    case .upsert, .setPayload, .updateVectors, .deleteVectors: false
    }
  }
}
