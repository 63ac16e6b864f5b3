import FastJSON
import PointModel

/// Reads the bodies of all changes to points but upserts.
enum UpdateDecoder {
  static func deletePoints(_ body: FieldReader) throws(DecodingFault) -> Operation {
    .delete(try selector(body))
  }

  static func clearPayload(_ body: FieldReader) throws(DecodingFault) -> Operation {
    .clearPayload(try selector(body))
  }

  static func setPayload(_ body: FieldReader) throws(DecodingFault) -> Operation {
    let payload = try newPayload(body)
    let key = try body.optional("key") { field throws(DecodingFault) in try field.payloadPath() }
    return .setPayload(payload, try optionalSelector(body), key: key)
  }

  /// A `key` is passed over, as in Qdrant: all of the payload is replaced.
  static func overwritePayload(_ body: FieldReader) throws(DecodingFault) -> Operation {
    let payload = try newPayload(body)
    return .overwritePayload(payload, try optionalSelector(body))
  }

  static func deletePayload(_ body: FieldReader) throws(DecodingFault) -> Operation {
    let keys = try body.required("keys") { field throws(DecodingFault) in
      try field.map { key throws(DecodingFault) in try key.payloadPath() }
    }
    return .deletePayload(keys: keys, try optionalSelector(body))
  }

  static func updateVectors(_ body: FieldReader) throws(DecodingFault) -> Operation {
    try body.refuseShardKey()
    let points = try body.required("points") { field throws(DecodingFault) in
      let points = try field.map { point throws(DecodingFault) in try pointVectors(point) }
      if points.isEmpty { throw .validation("must specify points to update") }
      return points
    }
    let filter = try body.optional("update_filter") { field throws(DecodingFault) in
      try FilterDecoder.filter(field)
    }
    return .updateVectors(points, filter: filter)
  }

  static func deleteVectors(_ body: FieldReader) throws(DecodingFault) -> Operation {
    let names = try body.required("vector") { field throws(DecodingFault) in
      var names: [String] = []
      var known: Set<String> = []
      try field.eachElement { element throws(DecodingFault) in
        let name = try element.string()
        if known.insert(name).inserted { names.append(name) }
      }
      if names.isEmpty { throw .validation("must specify vector names to delete") }
      return names
    }
    return .deleteVectors(names: names, try optionalSelector(body))
  }

  /// The operations of a batch, in their order.
  static func batch(_ body: FieldReader) throws(DecodingFault) -> [Operation] {
    try body.required("operations") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try operation(entry) }
    }
  }

  private static func operation(_ entry: FieldReader) throws(DecodingFault) -> Operation {
    var operation: Operation?
    try entry.forEachField { name, body throws(DecodingFault) in
      switch name {
      case "upsert": operation = try UpsertDecoder.operation(body)
      case "delete", "delete_points": operation = try deletePoints(body)
      case "set_payload": operation = try setPayload(body)
      case "overwrite_payload": operation = try overwritePayload(body)
      case "delete_payload": operation = try deletePayload(body)
      case "clear_payload": operation = try clearPayload(body)
      case "update_vectors": operation = try updateVectors(body)
      case "delete_vectors": operation = try deleteVectors(body)
      default: break
      }
    }
    guard let operation, entry.element.object?.count == 1 else {
      throw .format("data did not match any variant of untagged enum UpdateOperation")
    }
    return operation
  }

  private static func newPayload(_ body: FieldReader) throws(DecodingFault) -> Payload {
    try body.required("payload") { field throws(DecodingFault) in
      if field.isNull { throw field.unexpected("a map") }
      return try field.payload()
    }
  }

  private static func pointVectors(_ body: FieldReader) throws(DecodingFault) -> PointVectors {
    let id = try body.required("id") { field throws(DecodingFault) in try field.pointID() }
    guard let vector = body.element.object?["vector"] ?? body.element.object?["vectors"] else {
      throw .missing("vector")
    }
    do throws(DecodingFault) {
      let vectors = try FieldReader(vector).namedVectors()
      if vectors.allSatisfy({ $0.value.byteCount == 0 }) {
        throw .validation("must specify vectors to update for point")
      }
      return PointVectors(id: id, vectors: vectors)
    } catch {
      throw error.under("vector")
    }
  }

  /// Points by id, which go first, or by filter; `nil` when there is neither.
  private static func anySelector(_ body: FieldReader) throws(DecodingFault) -> PointSelector? {
    try body.requireObject()
    try body.refuseShardKey()
    let ids = try body.optional("points") { field throws(DecodingFault) in
      try field.map { id throws(DecodingFault) in try id.pointID() }
    }
    let filter = try body.optional("filter") { field throws(DecodingFault) in
      try FilterDecoder.filter(field)
    }
    if let ids { return .ids(ids) }
    return filter.map { .filter($0) }
  }

  private static func selector(_ body: FieldReader) throws(DecodingFault) -> PointSelector {
    guard let selector = try anySelector(body) else { throw .missing("points") }
    return selector
  }

  private static func optionalSelector(_ body: FieldReader) throws(DecodingFault) -> PointSelector {
    guard let selector = try anySelector(body) else {
      throw .format("Either list of point ids or filter must be provided")
    }
    return selector
  }
}
