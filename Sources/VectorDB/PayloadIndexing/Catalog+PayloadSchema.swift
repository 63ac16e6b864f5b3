import PointModel
import Storage
import Synchronization

extension Catalog {
  /// Changes how one payload field of a collection is indexed; `nil` for not any more. Committer
  /// only.
  ///
  /// - Returns: the number of the operation.
  func changePayloadSchema(
    _ name: String, _ path: PayloadPath, _ field: PayloadFieldSchema?
  ) throws(CollectionError) -> UInt64 {
    let collection = try collection(named: name)
    let present = collection.payloadSchema
    if field != nil, present[path] == nil { try collection.checkIndexCount(present.count) }
    let (schema, number, isEmpty) = collection.state.withLock { state in
      defer { state.counters.nextOperation += 1 }
      return (state.payloadSchema, state.counters.nextOperation, state.counters.nextOffset == 0)
    }
    var changed = schema
    changed[path] = field
    if changed == schema { return number }
    let limit = core.options.limits.payloadFieldsMax
    guard changed.count <= max(limit, schema.count) else {
      throw .wrongInput("the limit of \(limit) indexed payload fields is reached")
    }
    var entry = collection.catalogEntry
    entry.payloadSchema = changed
    var batch = WriteBatch()
    batch.put(
      key: KeyLayout.catalogEntry(collection.number), value: entry.encoded(), in: KeyLayout.meta)
    core.publish(sequence: try write(batch))
    collection.state.withLock { $0.payloadSchema = changed }
    collection.payloadIndexes.noteChange()
    if let field {
      if schema[path]?.isEquivalent(to: field) != true {
        collection.payloadIndexes.add(field, at: path, isReady: isEmpty)
      }
    } else {
      collection.payloadIndexes.remove(path)
      collection.progress.ring()
    }
    return number
  }
}
