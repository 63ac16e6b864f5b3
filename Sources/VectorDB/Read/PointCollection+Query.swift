public import PointModel
import Synchronization
import VectorIndex

extension PointCollection {
  /// Answers `requests` as of one commit; plain searches on the same vector share one scan.
  ///
  /// A request without a query lists points by id, with score 1.
  public func query(
    _ requests: [QueryRequest]
  ) async throws(CollectionError) -> [[ScoredPoint]] {
    let transaction = try await beginQuery(requests)
    return try await results(of: requests, in: transaction)
  }

  /// Begins the read that answers `requests`, if they may be answered.
  func beginQuery(
    _ requests: [QueryRequest]
  ) async throws(CollectionError) -> ReadTransaction {
    let transaction = try await beginRequest()
    for request in requests { try transaction.checkNames(request.withVector) }
    try transaction.admit(cost: transaction.cost(of: requests)) {
      strictMode throws(CollectionError) in
      for request in requests { try strictMode.check(request) }
    }
    return transaction
  }

  /// The points that `requests` ask for, as of the commit that `transaction` reads.
  func results(
    of requests: [QueryRequest], in transaction: ReadTransaction
  ) async throws(CollectionError) -> [[ScoredPoint]] {
    core.reads.noteBegin()
    // Waking a thread would cost as much as a short search.
    let brief = QueryExecution(transaction)
    // One that does not come to an end would be explained twice.
    let plan = transaction.explanation == nil ? try brief.briefPlan(of: requests) : nil
    if let plan, let results = try brief.briefResults(of: requests, plan) { return results }
    return try await transaction.run { (transaction) throws(CollectionError) in
      try QueryExecution(transaction).results(of: requests, plan)
    }
  }

  /// Answers a query with groups of points that have a value in common. The points that have a
  /// group's name in another collection are not looked up.
  public func groups(_ request: GroupsRequest) async throws(CollectionError) -> [PointGroup] {
    try await groups(request, meter: nil)
  }

  /// ``groups(_:)``, whose hits are counted by `meter`, and its searches noted in `explanation`.
  func groups(
    _ request: GroupsRequest, meter: AnswerMeter?, explanation: QueryExplanation? = nil
  ) async throws(CollectionError) -> [PointGroup] {
    var transaction = try await beginRequest()
    transaction.explanation = explanation
    try transaction.checkNames(request.query.withVector)
    try transaction.admit(cost: transaction.cost(of: [request.query])) {
      strictMode throws(CollectionError) in
      try strictMode.check(request)
    }
    let rows = transaction.pointsCount
    let held = request.query.root.prefetch.reduce(0) { count, child in
      count.addingSaturating(child.heldCount(rows: rows, scale: request.groupSize))
    }
    let lease = try lease(of: held)
    defer { lease?.release() }
    return try await transaction.run { (transaction) throws(CollectionError) in
      try transaction.trace.stage("search") { () throws(CollectionError) in
        try GroupedQuery(request, in: transaction, meter: meter).groups()
      }
    }
  }

  /// Counts points by the values at a key of their payloads.
  ///
  /// - Throws: ``CollectionError/wrongInput(_:)`` when no index covers matches of the key.
  public func facet(_ request: FacetRequest) async throws(CollectionError) -> [FacetHit] {
    let transaction = try await beginRequest()
    try transaction.admit(cost: RequestCost.read(request.filter)) {
      strictMode throws(CollectionError) in
      try strictMode.check(request)
    }
    if transaction.pointsCount == 0 { return [] }
    return try await transaction.run { (transaction) throws(CollectionError) in
      try transaction.trace.stage("search") { () throws(CollectionError) in
        try FacetCount(request, in: transaction).hits()
      }
    }
  }

  /// The distances within a random sample of points.
  public func matrix(_ request: MatrixRequest) async throws(CollectionError) -> DistanceMatrix {
    let transaction = try await beginRequest()
    try transaction.admit(cost: RequestCost.read(request.filter)) {
      strictMode throws(CollectionError) in
      try strictMode.check(request)
    }
    let sample = min(request.sample, transaction.pointsCount)
    let entries = sample.multipliedSaturating(by: min(request.limit, sample))
    let limit = core.options.limits.matrixEntriesMax
    if entries > limit {
      throw .badRequest(
        """
        a matrix of \(sample) points with \(min(request.limit, sample)) neighbours each has more \
        than \(limit) distances; ask for a smaller `sample` or `limit`
        """)
    }
    let lease = try core.memory.lease(
      entries * MemoryLayout<DistanceMatrix.Neighbor>.stride, for: .answer)
    defer { lease.release() }
    return try await transaction.run { (transaction) throws(CollectionError) in
      try transaction.trace.stage("search") { () throws(CollectionError) in
        try SampledMatrix(transaction: transaction).matrix(request)
      }
    }
  }
}
