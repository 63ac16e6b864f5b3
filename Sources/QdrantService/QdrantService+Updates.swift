public import PointModel
import VectorDB

/// Changes to points and to the indexes of their payloads. A change is durable and visible when it
/// is answered, whatever the caller waits for.
extension QdrantService {
  /// Applies changes to points, one after another.
  ///
  /// - Parameter wait: whether the caller wants to hear `completed`. With a time limit the answer
  ///   then comes when the time is over, and the changes go on: they have no numbers yet.
  public func update(
    _ name: String, _ operations: [PointModel.Operation], wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> [UpdateResult] {
    let collection = try collection(name, call, .write)
    let numbers = try await Patience.outcome(by: wait ? call.deadline : nil, givesUp: false) {
      () async throws(ServiceError) in
      try await engine { () async throws(CollectionError) in
        try await collection.apply(operations)
      }
    }
    guard let numbers else {
      return operations.map { _ in UpdateResult(operationID: nil, status: .waitTimeout) }
    }
    return numbers.map { UpdateResult(operationID: $0, status: wait ? .completed : .acknowledged) }
  }

  /// Indexes a field of the payloads. The field is durable either way; with `wait` the answer
  /// comes when filters use the index, or when the caller's time is over.
  public func createPayloadIndex(
    of name: String, at path: PayloadPath, _ schema: PayloadFieldSchema, wait: Bool,
    _ call: ServiceCall
  ) async throws(ServiceError) -> UpdateResult {
    let database = try database(call, .write, on: name)
    let collection = try collection(name, call, .write)
    let number = try await engine { () async throws(CollectionError) in
      try await database.createPayloadIndex(of: name, at: path, schema)
    }
    guard wait else { return UpdateResult(operationID: number, status: .acknowledged) }
    let isReady: Void? = try await Patience.outcome(by: call.deadline, givesUp: true) {
      () async throws(ServiceError) in
      try await engine { () async throws(CollectionError) in
        try await collection.awaitPayloadIndex(at: path)
      }
    }
    return UpdateResult(
      operationID: number, status: isReady == nil ? .waitTimeout : .completed)
  }

  /// Drops the index of a field of the payloads, if there is one.
  public func deletePayloadIndex(
    of name: String, at path: PayloadPath, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> UpdateResult {
    let database = try database(call, .write, on: name)
    let number = try await engine { () async throws(CollectionError) in
      try await database.deletePayloadIndex(of: name, at: path)
    }
    return UpdateResult(operationID: number, status: wait ? .completed : .acknowledged)
  }

  /// Adds a vector to a collection, or drops one with all its rows.
  public func changeVectors(
    of name: String, _ change: VectorNameChange, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> UpdateResult {
    let database = try database(call, .write, on: name)
    if case .add = change { _ = try collection(name, call, .write) }
    let number = try await engine { () async throws(CollectionError) in
      try await database.changeVectors(of: name, change)
    }
    return UpdateResult(operationID: number, status: wait ? .completed : .acknowledged)
  }
}
