public import PointModel
import VectorDB

/// Changes to points and to the indexes of their payloads. A change is durable and visible when it
/// is answered, whatever the caller waits for.
extension QdrantService {
  /// Applies changes to points, one after another.
  ///
  /// - Parameter wait: whether the caller wants to hear `completed`. With a time limit the answer
  ///   comes when the time is over, and the changes go on: they have no numbers yet. Of what came
  ///   later than that a refusal is told nevertheless.
  public func update(
    _ name: String, _ operations: [PointModel.Operation], wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> [UpdateResult] {
    let name = try admit(call, to: operations.map(\.action), on: name)
    let collection = try collection(named: name, call)
    let numbers = try await change(by: call.deadline) {
      () async throws(CollectionError) in
      try await collection.apply(operations)
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
    let (database, name) = try database(call, .createIndex, on: name)
    let collection = try collection(named: name, call)
    let number = try await change(by: call.deadline) {
      () async throws(CollectionError) in
      try await database.createPayloadIndex(of: name, at: path, schema)
    }
    guard let number else { return UpdateResult(operationID: nil, status: .waitTimeout) }
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
    let (database, name) = try database(call, .deleteIndex, on: name)
    let number = try await change(by: call.deadline) {
      () async throws(CollectionError) in
      try await database.deletePayloadIndex(of: name, at: path)
    }
    guard let number else { return UpdateResult(operationID: nil, status: .waitTimeout) }
    return UpdateResult(operationID: number, status: wait ? .completed : .acknowledged)
  }

  /// Adds a vector to a collection, or drops one with all its rows.
  public func changeVectors(
    of name: String, _ change: VectorNameChange, wait: Bool, _ call: ServiceCall
  ) async throws(ServiceError) -> UpdateResult {
    let (database, name) = try database(call, change.action, on: name)
    if case .add = change { _ = try collection(named: name, call) }
    let number = try await self.change(by: call.deadline) {
      () async throws(CollectionError) in
      try await database.changeVectors(of: name, change)
    }
    guard let number else { return UpdateResult(operationID: nil, status: .waitTimeout) }
    return UpdateResult(operationID: number, status: wait ? .completed : .acknowledged)
  }
}

extension QdrantService {
  /// Lets a caller change points, or refuses all of it.
  private func admit(
    _ call: ServiceCall, to actions: [ServiceAction], on name: String
  ) throws(ServiceError) -> String {
    var permitted: String?
    var seen: Set<ServiceAction> = []
    // To change nothing takes the right to change something.
    for action in actions.isEmpty ? [.upsertPoints] : actions where seen.insert(action).inserted {
      permitted = try admit(call, to: action, on: name)
    }
    return permitted ?? name
  }
}

extension PointModel.Operation {
  /// What the operation is among all that can be asked for.
  fileprivate var action: ServiceAction {
    switch self {
    case .upsert(_, let condition): condition == .always ? .upsertPoints : .conditionalUpsert
    case .delete(.ids): .deletePoints
    case .delete: .deletePointsByFilter
    case .setPayload: .setPayload
    case .overwritePayload: .overwritePayload
    case .deletePayload: .deletePayload
    case .clearPayload(.ids): .clearPayload
    case .clearPayload: .clearPayloadByFilter
    case .updateVectors: .updateVectors
    case .deleteVectors(_, .ids): .deleteVectors
    case .deleteVectors: .deleteVectorsByFilter
    }
  }
}

extension VectorNameChange {
  /// What the change is among all that can be asked for.
  fileprivate var action: ServiceAction {
    switch self {
    case .add: .createVector
    case .remove: .deleteVector
    }
  }
}
