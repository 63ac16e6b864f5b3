/// What a change to points answers.
public struct UpdateResult: Sendable, Equatable {
  /// How far the change has come.
  public enum Status: String, Sendable {
    /// Taken, not yet done.
    case acknowledged
    /// Done and durable.
    case completed
    /// Still being done when the caller's patience ended.
    case waitTimeout = "wait_timeout"
  }

  /// The number of the operation; `nil` when it has none yet.
  public var operationID: UInt64?
  /// How far the change has come.
  public var status: Status

  /// The result of an operation.
  public init(operationID: UInt64?, status: Status = .completed) {
    self.operationID = operationID
    self.status = status
  }
}
