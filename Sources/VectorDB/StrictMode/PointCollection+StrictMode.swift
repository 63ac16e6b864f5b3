import PointModel
import Synchronization

extension PointCollection {
  private var strictMode: StrictModeCheck? {
    latest.strictMode.map { StrictModeCheck(strictMode: $0, collection: self) }
  }

  /// Refuses a deadline that is later than the collection's configuration allows.
  public func checkTimeout(seconds: Int) throws(CollectionError) {
    try strictMode?.check(timeout: seconds)
  }

  /// Refuses more searches at once than the collection's configuration allows.
  public func checkBatch(of count: Int) throws(CollectionError) {
    try strictMode?.check(batchOf: count)
  }

  /// Refuses what takes memory or disk when the server, or this collection, has as much as it may.
  func checkGrowth() throws(CollectionError) {
    try core.quotas.checkGrowth()
    guard let limit = state.withLock({ $0.strictMode })?.maxResidentMemoryPercent,
      let used = core.quotas.usage.residentMemoryPercent, used >= limit
    else { return }
    throw StrictModeCheck.refused(
      "Resident memory usage is at \(used)% of total memory, exceeding the configured limit of "
        + "\(limit)%",
      help: "Reduce memory usage (e.g. delete points or drop collections), or raise "
        + "`max_resident_memory_percent` in the strict mode config of this collection.")
  }

  /// Refuses a further payload index when the configuration allows no more than `count`.
  func checkIndexCount(_ count: Int) throws(CollectionError) {
    guard let limit = latest.strictMode?.maxPayloadIndexes, count >= limit else {
      return
    }
    throw StrictModeCheck.refused(
      "Collection already has the maximum number of payload indices (\(limit))",
      help: "Please delete an existing index before creating a new one.")
  }

  /// Admits changes that obey the collection's bounds and rate.
  func admitWrite(_ operations: [Operation]) async throws(CollectionError) {
    if let strictMode { try await admitWrite(operations, strictMode) }
    payloadUse.note(operations, of: self)
  }

  private func admitWrite(
    _ operations: [Operation], _ strictMode: StrictModeCheck
  ) async throws(CollectionError) {
    for operation in operations { try strictMode.check(operation) }
    if operations.contains(where: \.growsCollection) {
      try await checkSize(strictMode.strictMode, operations)
    }
    guard rateLimits.areLimited(.write) else { return }
    let transaction = try beginRead()
    let count = transaction.pointsCount
    let cost = RequestCost.write(operations) { filter in
      filter.isEmpty ? count : transaction.estimate(filter, of: count).expected
    }
    if cost > 0 { try rateLimits.take(cost, for: .write) }
  }

  private func checkSize(
    _ strictMode: StrictMode, _ operations: [Operation]
  ) async throws(CollectionError) {
    let count = pointsCount
    if operations.contains(where: \.addsVectors) {
      if let limit = strictMode.maxVectorBytes,
        fields.reduce(0, { $0 + $1.storedBytes }) >= limit
      {
        throw .badRequest(
          "Max vector storage size limit of \(Self.megabytes(limit))MB reached!")
      }
      if let limit = strictMode.maxPoints, count >= limit {
        throw .badRequest("Max points count limit of \(limit) reached!")
      }
    }
    guard let limit = strictMode.maxPayloadBytes else { return }
    if try await payloadUse.reaches(limit, of: self) {
      throw .badRequest("Max payload storage size limit of \(Self.megabytes(limit))MB reached!")
    }
  }

  private static func megabytes(_ bytes: Int) -> Float { Float(bytes) / Float(1024 * 1024) }
}

extension ReadTransaction {
  /// Admits a read that obeys the collection's bounds and rate.
  ///
  /// - Parameters:
  ///   - cost: what it takes of the rate, if there is one.
  ///   - check: holds it against the bounds.
  func admit(
    cost: @autoclosure () -> Int, _ check: (StrictModeCheck) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    guard let strictMode = state.strictMode else { return }
    try check(StrictModeCheck(strictMode: strictMode, collection: collection))
    if strictMode.readRateLimit != nil { try collection.rateLimits.take(cost(), for: .read) }
  }

  /// What queries take of the collection's rate.
  func cost(of requests: [QueryRequest]) -> Int {
    requests.reduce(0) { sum, request in
      sum + RequestCost.query(request) { vectorCount(of: $0, using: $1) }
    }
  }
}

extension Operation {
  /// Whether the operation may add vectors.
  fileprivate var addsVectors: Bool {
    switch self {
    case .upsert, .updateVectors: true
    default: false
    }
  }

  /// Whether the operation may add bytes.
  var growsCollection: Bool {
    switch self {
    case .setPayload, .overwritePayload: true
    default: addsVectors
    }
  }
}
