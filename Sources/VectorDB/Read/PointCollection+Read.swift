import FastJSON
public import PointModel
import Storage
import Synchronization

extension PointCollection {
  /// The points among `ids` that exist, in the order asked for.
  public func retrieve(
    _ ids: [PointID], withPayload: PayloadSelector = .all, withVector: VectorSelector = .none
  ) async throws(CollectionError) -> [Record] {
    await awaitLoading()
    try checkNames(withVector)
    let transaction = try beginRead()
    return try await core.searchThreads.run { _ throws(CollectionError) in
      let found = try transaction.locations(of: ids).compactMap { $0?.offset }
      var records: [Record] = []
      records.reserveCapacity(found.count)
      try transaction.visitRecords(at: found) { (index, view) throws(CollectionError) in
        records.append(
          try transaction.record(
            view, at: found[index], payload: withPayload, vector: withVector))
      }
      return records
    }
  }

  /// A page of points in the order of their ids.
  public func scroll(_ request: ScrollRequest) async throws(CollectionError) -> ScrollPage {
    await awaitLoading()
    try checkNames(request.withVector)
    let transaction = try beginRead()
    return try await core.searchThreads.run { flag throws(CollectionError) in
      try IDOrderScan(transaction).page(request, skipping: 0, flag: flag)
    }
  }

  /// How many points pass `filter`, or exist.
  public func count(_ filter: Filter?) async throws(CollectionError) -> Int {
    await awaitLoading()
    let transaction = try beginRead()
    guard let filter, !filter.isEmpty else {
      return state.withLock { $0.liveCount }
    }
    return try await core.searchThreads.run { flag throws(CollectionError) in
      var count = 0
      try FilterScan(filter, in: transaction).forEach(flag: flag) {
        (_, _) throws(CollectionError) in
        count += 1
        return true
      }
      return count
    }
  }

  func checkNames(_ selector: VectorSelector) throws(CollectionError) {
    guard case .names(let names) = selector else { return }
    let sparse = config.sparseVectors
    for name in names where sparse?[name] == nil {
      _ = try slot(named: name, context: "with_vector")
    }
  }
}
