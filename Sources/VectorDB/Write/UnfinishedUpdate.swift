import FastJSON
import PointModel
import Synchronization

/// How far an update came that takes several commits. It is kept in the store from the first of
/// them to the last, so that an update that did not reach its end is known after a restart.
public struct UnfinishedUpdate: Sendable, Equatable {
  /// The number of the first operation of the request.
  public var operation: UInt64
  /// How many operations the request has.
  public var operations: Int
  /// How many of them are done; the next one is under way.
  public var done: Int
  /// What that one is, as `set_payload`.
  public var kind: String
  /// Points of it that are done with.
  public var pointsDone: Int
  /// Points that it selected; `nil` when it has not begun.
  public var pointsSelected: Int?

  func encoded() -> [UInt8] {
    var writer = JSONWriter()
    write(to: &writer)
    return writer.bytes
  }

  /// Writes it as an object.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("operation")
    writer.integer(operation)
    writer.key("kind")
    writer.string(kind)
    writer.key("operations")
    writer.integer(operations)
    writer.key("done")
    writer.integer(done)
    writer.key("points_done")
    writer.integer(pointsDone)
    if let pointsSelected {
      writer.key("points_selected")
      writer.integer(pointsSelected)
    }
    writer.endObject()
  }
}

extension UnfinishedUpdate {
  /// Reads ``encoded()``; `nil` when the bytes are something else.
  init?(_ bytes: [UInt8]) {
    guard case .object(let object)? = try? JSONValue(parsing: bytes),
      case .string(let kind)? = object["kind"],
      let operation = Self.count(object["operation"]),
      let operations = Self.count(object["operations"]), let done = Self.count(object["done"]),
      let pointsDone = Self.count(object["points_done"])
    else { return nil }
    self.init(
      operation: operation, operations: Int(clamping: operations), done: Int(clamping: done),
      kind: kind, pointsDone: Int(clamping: pointsDone),
      pointsSelected: Self.count(object["points_selected"]).map { Int(clamping: $0) })
  }

  private static func count(_ value: JSONValue?) -> UInt64? {
    switch value {
    case .integer(let number): UInt64(exactly: number)
    case .unsigned(let number): number
    default: nil
    }
  }
}

extension LongUpdate {
  /// How far it has come; `nil` before its first commit and after its last.
  var unfinished: UnfinishedUpdate? {
    guard hasBegun, !isDone else { return nil }
    return UnfinishedUpdate(
      operation: firstNumber, operations: operations.count, done: current,
      kind: operations[current].kind, pointsDone: position, pointsSelected: selected)
  }
}

extension PointCollection {
  /// Remembers an update that ends where it is, if that is in the middle.
  func noteEnd(of update: LongUpdate) {
    guard let unfinished = update.unfinished else { return }
    state.withLock { $0.unfinishedUpdate = unfinished }
  }
}

extension Operation {
  /// What it is called in the interface.
  fileprivate var kind: String {
    switch self {
    case .upsert: "upsert"
    case .delete: "delete"
    case .setPayload: "set_payload"
    case .overwritePayload: "overwrite_payload"
    case .deletePayload: "delete_payload"
    case .clearPayload: "clear_payload"
    case .updateVectors: "update_vectors"
    case .deleteVectors: "delete_vectors"
    }
  }
}
