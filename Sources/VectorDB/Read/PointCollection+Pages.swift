public import PointModel
import Synchronization

/// Reads whose answers may be of any length.
extension PointCollection {
  /// ``retrieve(_:withPayload:withVector:)`` in pages; one list.
  public func retrievePages(
    _ ids: [PointID], withPayload: PayloadSelector, withVector: VectorSelector
  ) async throws(CollectionError) -> PointPages {
    guard isLong(ids.count, withPayload, withVector) else {
      let meter = meter(withPayload, withVector)
      let records = try await retrieve(
        ids, withPayload: withPayload, withVector: withVector, meter: meter)
      return PointPages([Self.points(records)], meter)
    }
    let transaction = try await beginRequest()
    try transaction.checkNames(withVector)
    try rateLimits.take(ids.count, for: .read)
    let distinct = try await transaction.run { _ throws(CollectionError) in Self.distinct(ids) }
    let list = PointPages.List(found: .ids(distinct), payload: withPayload, vector: withVector)
    return PointPages([list], in: transaction, lease: nil)
  }

  /// ``scroll(_:)`` in pages; one list, and where the next one starts.
  public func scrollPages(
    _ request: ScrollRequest
  ) async throws(CollectionError) -> (pages: PointPages, nextOffset: PointID?) {
    var transaction = try await beginScroll(request)
    let count = min(request.limit, transaction.pointsCount)
    let lease = try lease(of: count)
    guard isLong(count, request.withPayload, request.withVector) else {
      transaction.meter = meter(request.withPayload, request.withVector)
      let page = try await page(request, in: transaction)
      return (PointPages([Self.points(page.records)], transaction.meter), page.nextOffset)
    }
    var bare = request
    bare.withPayload = .none
    bare.withVector = .none
    let page = try await page(bare, in: transaction)
    let list = PointPages.List(
      found: .points(Self.points(page.records)), payload: request.withPayload,
      vector: request.withVector)
    return (PointPages([list], in: transaction, lease: lease), page.nextOffset)
  }

  /// ``query(_:)`` in pages; a list for each request.
  ///
  /// - Parameter explanation: where it is noted what searches looked at.
  public func queryPages(
    _ requests: [QueryRequest], explanation: QueryExplanation? = nil
  ) async throws(CollectionError) -> PointPages {
    var transaction = try await beginQuery(requests)
    transaction.explanation = explanation
    let rows = transaction.pointsCount
    var count = 0
    var held = 0
    for request in requests {
      count = count.addingSaturating(min(request.limit, rows))
      held = held.addingSaturating(request.root.heldCount(rows: rows))
    }
    let lease = try lease(of: held)
    guard requests.contains(where: { isLong(count, $0.withPayload, $0.withVector) }) else {
      let isCounted = requests.contains { $0.withPayload != .none || $0.withVector != .none }
      transaction.meter = isCounted ? AnswerMeter(core.memory) : nil
      return PointPages(try await results(of: requests, in: transaction), transaction.meter)
    }
    let bare = requests.map { request in
      var bare = request
      bare.withPayload = .none
      bare.withVector = .none
      return bare
    }
    let results = try await results(of: bare, in: transaction)
    let lists = zip(requests, results).map { request, points in
      PointPages.List(
        found: .points(points), payload: request.withPayload, vector: request.withVector)
    }
    return PointPages(lists, in: transaction, lease: lease)
  }

  private static func points(_ records: [Record]) -> [ScoredPoint] {
    records.map { ScoredPoint(record: $0, version: 0, score: 0) }
  }

  /// What counts the points of an answer; `nil` for bare ones.
  private func meter(_ payload: PayloadSelector, _ vector: VectorSelector) -> AnswerMeter? {
    payload == .none && vector == .none ? nil : AnswerMeter(core.memory)
  }

  /// Whether an answer of so many points is read page by page.
  private func isLong(
    _ count: Int, _ payload: PayloadSelector, _ vector: VectorSelector
  ) -> Bool {
    if payload == .none, vector == .none { return false }
    return count > core.options.limits.wholeAnswerPointsMax
  }

  /// Memory for that many points without payloads and vectors.
  func lease(of count: Int) throws(CollectionError) -> MemoryLease? {
    if count <= core.options.limits.wholeAnswerPointsMax { return nil }
    let bytes = count.multipliedReportingOverflow(by: MemoryLayout<ScoredPoint>.stride)
    return try core.memory.lease(bytes.overflow ? .max / 2 : bytes.partialValue, for: .answer)
  }
}
