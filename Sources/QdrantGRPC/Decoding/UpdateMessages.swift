import PointModel
import ProtoWire
import QdrantAPI

/// Changes of one collection's points as a client asked for them.
struct UpdateMessage {
  var collection = ""
  /// Whether the answer waits until the change is there; the transport's default is `false`.
  var wait = false
  /// Seconds that the client gives the call.
  var timeout: Int?
  var operations: [Operation] = []
}

/// Reads the messages of all changes to points.
///
/// A change comes as a request of its own or as a member of a batch, with the same parts under
/// other numbers: so each has a table of these numbers.
enum UpdateMessages {
  /// The numbers that the parts of a change have in a message; 0 for one that it cannot have.
  private struct Parts {
    var points: UInt32 = 0
    var selector: UInt32 = 0
    var payload: UInt32 = 0
    var keys: UInt32 = 0
    var key: UInt32 = 0
    var names: UInt32 = 0
    var filter: UInt32 = 0
    var mode: UInt32 = 0
    var shardKey: UInt32 = 0
    var timeout: UInt32 = 0
  }

  // MARK: Requests

  static func upsert(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(message, Parts(points: 3, filter: 6, mode: 8, shardKey: 5, timeout: 7), upsert)
  }

  static func delete(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(message, Parts(selector: 3, shardKey: 5, timeout: 6), delete)
  }

  static func updateVectors(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(message, Parts(points: 3, filter: 6, shardKey: 5, timeout: 7), updateVectors)
  }

  static func deleteVectors(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(message, Parts(selector: 3, names: 4, shardKey: 6, timeout: 7), deleteVectors)
  }

  static func setPayload(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(
      message, Parts(selector: 5, payload: 3, key: 8, shardKey: 7, timeout: 9), setPayload)
  }

  static func overwritePayload(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(
      message, Parts(selector: 5, payload: 3, key: 8, shardKey: 7, timeout: 9), overwritePayload)
  }

  static func deletePayload(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(message, Parts(selector: 5, keys: 3, shardKey: 7, timeout: 8), deletePayload)
  }

  static func clearPayload(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    try request(message, Parts(selector: 3, shardKey: 5, timeout: 6), clearPayload)
  }

  /// Several changes, in their order.
  static func batch(_ message: ProtoMessage) throws(DecodingFault) -> UpdateMessage {
    var request = UpdateMessage()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: request.collection = try field.string()
      case 2: request.wait = try field.bool()
      case 3: try field.append(to: &request.operations, at: "operations", member)
      case 5: request.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    if request.operations.isEmpty {
      throw DecodingFault.validation("value [] invalid, must have at least 1 element")
        .under("operations")
    }
    return request
  }

  private static func request(
    _ message: ProtoMessage, _ parts: Parts,
    _ body: (ProtoMessage, Parts) throws(DecodingFault) -> Operation
  ) throws(DecodingFault) -> UpdateMessage {
    var request = UpdateMessage()
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: request.collection = try field.string()
      case 2: request.wait = try field.bool()
      case parts.timeout: request.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    request.operations = [try body(message, parts)]
    return request
  }

  /// A change among others.
  private static func member(_ message: ProtoMessage) throws(DecodingFault) -> Operation {
    var operation: Operation?
    try message.read { field throws(DecodingFault) in
      let body = try field.message()
      switch field.number {
      case 1: operation = try upsert(body, Parts(points: 1, filter: 3, mode: 4, shardKey: 2))
      case 2: operation = .delete(try PointMessages.selector(body))
      case 3:
        operation = try setPayload(body, Parts(selector: 2, payload: 1, key: 4, shardKey: 3))
      case 4:
        operation = try overwritePayload(body, Parts(selector: 2, payload: 1, key: 4, shardKey: 3))
      case 5: operation = try deletePayload(body, Parts(selector: 2, keys: 1, shardKey: 3))
      case 6: operation = .clearPayload(try PointMessages.selector(body))
      case 7: operation = try updateVectors(body, Parts(points: 1, filter: 3, shardKey: 2))
      case 8: operation = try deleteVectors(body, Parts(selector: 1, names: 2, shardKey: 3))
      case 9: operation = try delete(body, Parts(selector: 1, shardKey: 2))
      case 10: operation = try clearPayload(body, Parts(selector: 1, shardKey: 2))
      default: break
      }
    }
    guard let operation else { throw .format("PointsUpdateOperation is malformed") }
    return operation
  }

  // MARK: Changes

  private static func upsert(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    var points: [Point] = []
    var condition = UpsertCondition.always
    try read(message, parts) { field throws(DecodingFault) in
      switch field.number {
      case parts.points: try field.append(to: &points, at: "points", PointMessages.point)
      case parts.filter:
        condition.filter = try field.message(at: "update_filter", FilterMessages.filter)
      case parts.mode:
        let mode = try field.choice()
        switch mode {
        case 0: condition.mode = .upsert
        case 1: condition.mode = .insertOnly
        case 2: condition.mode = .updateOnly
        default: throw .format("Unknown update mode: \(mode)")
        }
      default: break
      }
    }
    return .upsert(points, condition: condition)
  }

  private static func updateVectors(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    var points: [PointVectors] = []
    var filter: Filter?
    try read(message, parts) { field throws(DecodingFault) in
      switch field.number {
      case parts.points: try field.append(to: &points, at: "points", PointMessages.pointVectors)
      case parts.filter: filter = try field.message(at: "update_filter", FilterMessages.filter)
      default: break
      }
    }
    return .updateVectors(points, filter: filter)
  }

  private static func delete(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    .delete(try selector(message, parts, missing: "PointsSelector is missing"))
  }

  private static func clearPayload(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    .clearPayload(try selector(message, parts, missing: "PointsSelector is missing"))
  }

  private static func setPayload(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    .setPayload(
      try payload(message, parts), try selector(message, parts), key: try key(message, parts))
  }

  /// A key is passed over, as in Qdrant: all of the payload is replaced.
  private static func overwritePayload(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    .overwritePayload(try payload(message, parts), try selector(message, parts))
  }

  private static func deletePayload(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    var keys: [PayloadPath] = []
    try read(message, parts) { field throws(DecodingFault) in
      if field.number == parts.keys { keys.append(try PayloadMessages.path(field)) }
    }
    return .deletePayload(keys: keys, try selector(message, parts))
  }

  private static func deleteVectors(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Operation {
    var names: [String] = []
    var known: Set<String> = []
    try read(message, parts) { field throws(DecodingFault) in
      guard field.number == parts.names else { return }
      for name in try PointMessages.names(try field.message()) where known.insert(name).inserted {
        names.append(name)
      }
    }
    if names.isEmpty {
      throw DecodingFault.validation("must specify vector names to delete").under("vector_names")
    }
    return .deleteVectors(names: names, try selector(message, parts))
  }

  // MARK: Parts

  private static func payload(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> Payload {
    var entries: [ProtoMessage] = []
    try read(message, parts) { field throws(DecodingFault) in
      if field.number == parts.payload { entries.append(try field.message()) }
    }
    return try PayloadMessages.payload(entries)
  }

  private static func key(
    _ message: ProtoMessage, _ parts: Parts
  ) throws(DecodingFault) -> PayloadPath? {
    var key: PayloadPath?
    try read(message, parts) { field throws(DecodingFault) in
      if field.number == parts.key { key = try PayloadMessages.path(field) }
    }
    return key
  }

  private static func selector(
    _ message: ProtoMessage, _ parts: Parts,
    missing text: String = "Either list of point ids or filter must be provided"
  ) throws(DecodingFault) -> PointSelector {
    var selector: PointSelector?
    try read(message, parts) { field throws(DecodingFault) in
      guard field.number == parts.selector else { return }
      selector = try field.message(at: "points_selector", PointMessages.selector)
    }
    guard let selector else { throw .format(text) }
    return selector
  }

  /// Passes every field, and refuses what is meant for one of a collection's shards.
  private static func read(
    _ message: ProtoMessage, _ parts: Parts,
    _ body: (MessageField) throws(DecodingFault) -> Void
  ) throws(DecodingFault) {
    try message.read { field throws(DecodingFault) in
      if field.number == parts.shardKey { throw .unsupported("`shard_key` is") }
      try body(field)
    }
  }
}
