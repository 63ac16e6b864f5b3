import FastJSON
public import PointModel
import Storage
import Synchronization

extension PointCollection {
  /// The points among `ids` that exist, in the order asked for; a point that is named several times
  /// stands where it is named first.
  public func retrieve(
    _ ids: [PointID], withPayload: PayloadSelector = .all, withVector: VectorSelector = .none
  ) async throws(CollectionError) -> [Record] {
    try await retrieve(ids, withPayload: withPayload, withVector: withVector, meter: nil)
  }

  /// ``retrieve(_:withPayload:withVector:)``, counted by `meter`.
  func retrieve(
    _ ids: [PointID], withPayload: PayloadSelector, withVector: VectorSelector,
    meter: AnswerMeter?
  ) async throws(CollectionError) -> [Record] {
    var transaction = try await beginRequest()
    try transaction.checkNames(withVector)
    try rateLimits.take(ids.count, for: .read)
    transaction.meter = meter
    return try await transaction.run { (transaction) throws(CollectionError) in
      try transaction.trace.stage("hydrate") { () throws(CollectionError) in
        let found = try transaction.locations(of: Self.distinct(ids)).compactMap { $0?.offset }
        var records: [Record] = []
        records.reserveCapacity(found.count)
        let payload = PayloadSelection(withPayload)
        try transaction.visitRecords(at: found) { (index, view) throws(CollectionError) in
          records.append(
            try transaction.record(
              view, at: found[index], payload: payload, vector: withVector))
        }
        return records
      }
    }
  }

  /// Every id once, where it stands first.
  static func distinct(_ ids: [PointID]) -> [PointID] {
    guard ids.count > 1 else { return ids }
    var seen: Set<PointID> = []
    return ids.filter { seen.insert($0).inserted }
  }

  /// A page of points in the order of their ids, or in the order that the request names: then it
  /// does not say where the next page starts.
  public func scroll(_ request: ScrollRequest) async throws(CollectionError) -> ScrollPage {
    let transaction = try await beginScroll(request)
    return try await page(request, in: transaction)
  }

  /// Begins the read that answers a scroll, if it may be answered.
  func beginScroll(_ request: ScrollRequest) async throws(CollectionError) -> ReadTransaction {
    let transaction = try await beginRequest()
    try transaction.checkNames(request.withVector)
    if request.orderBy != nil, request.offset != nil {
      throw .wrongInput(
        """
        Cannot use an `offset` when using `order_by`. The alternative for paging is to use \
        `order_by.start_from` and a filter to exclude the IDs that you've already seen for the \
        `order_by.start_from` value
        """)
    }
    try transaction.admit(cost: RequestCost.read(request.filter)) {
      strictMode throws(CollectionError) in
      try strictMode.check(request)
    }
    return transaction
  }

  /// The page that `request` asks for, as of the commit that `transaction` reads.
  func page(
    _ request: ScrollRequest, in transaction: ReadTransaction
  ) async throws(CollectionError) -> ScrollPage {
    try await transaction.run { (transaction) throws(CollectionError) in
      let hydration = Hydration(
        transaction, payload: request.withPayload, vector: request.withVector)
      let (found, next) = try transaction.trace.stage("search") { () throws(CollectionError) in
        if let order = request.orderBy {
          let found = try OrderedScan(order, in: transaction).candidates(
            limit: request.limit, filter: request.filter)
          return (found, nil as PointID?)
        }
        let page = try IDOrderScan(transaction).page(
          from: request.offset, skipping: 0, limit: request.limit, filter: request.filter)
        return (page.offsets.map { Candidate(offset: $0, score: 1) }, page.next)
      }
      return try transaction.trace.stage("hydrate") { () throws(CollectionError) in
        ScrollPage(records: try hydration.records(found), nextOffset: next)
      }
    }
  }

  /// How many points pass `filter`, or exist.
  ///
  /// - Parameter exact: whether an estimate will not do.
  public func count(
    _ filter: Filter?, exact: Bool = true
  ) async throws(CollectionError) -> Int {
    let transaction = try await beginRequest()
    try transaction.admit(cost: RequestCost.read(filter)) { strictMode throws(CollectionError) in
      try strictMode.check(countOf: filter, exact: exact)
    }
    let pointsCount = transaction.pointsCount
    guard let filter, !filter.isEmpty else { return pointsCount }
    return try await transaction.run { (transaction) throws(CollectionError) in
      if !exact { return transaction.estimate(filter, of: pointsCount).expected }
      return try transaction.trace.stage("search") { () throws(CollectionError) in
        try FilterScan(filter, in: transaction).count()
      }
    }
  }
}
