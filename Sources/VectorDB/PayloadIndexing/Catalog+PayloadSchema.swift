import PointModel
import Storage
import Synchronization

extension Catalog {
  /// Changes how one payload field of a collection is indexed; `nil` for not any more. Answered
  /// with the number of the operation that it counts as.
  func planPayloadField(
    _ name: String, _ path: PayloadPath, _ field: PayloadFieldSchema?, _ origin: ChangeOrigin
  ) throws(CollectionError) -> CatalogPlan {
    let collection = try collection(named: name)
    let present = collection.payloadSchema
    if field != nil, present[path] == nil, origin.isCaller {
      try collection.checkIndexCount(present.count)
      let bytesMax = core.options.limits.payloadFieldPathBytesMax
      let bytes = path.description.utf8.count
      guard bytes <= bytesMax else {
        throw .wrongInput(
          "the path of an indexed payload field has at most \(bytesMax) bytes, this has \(bytes)")
      }
    }
    let (schema, number, counters) = collection.state.withLock { state in
      let number = state.counters.nextOperation
      state.counters.nextOperation += 1
      return (state.payloadSchema, number, state.counters)
    }
    var changed = schema
    changed[path] = field
    var plan = CatalogPlan()
    plan.answer.number = number
    if changed == schema { return plan }
    let limit = core.options.limits.payloadFieldsMax
    guard changed.count <= max(limit, schema.count) else {
      throw .wrongInput("the limit of \(limit) indexed payload fields is reached")
    }
    let isNew = changed.count > schema.count
    let lease = isNew ? try lease(CollectionMemory.fieldBytes, isRefused: origin.isCaller) : nil
    var entry = collection.catalogEntry
    entry.payloadSchema = changed
    if field != nil, origin.isCaller { try checkSize(of: entry) }
    plan.batch.put(
      key: KeyLayout.catalogEntry(collection.number), value: entry.encoded(), in: KeyLayout.meta)
    plan.batch.put(
      key: KeyLayout.counters(collection.number), value: counters.encoded(), in: KeyLayout.meta)
    plan.effect = .payloadField(collection: collection.name, path, field)
    let (newSchema, isRequested) = (changed, origin.isCaller)
    plan.release = {
      lease?.release()
      collection.state.withLock { $0.payloadSchema = newSchema }
      collection.payloadIndexes.noteChange()
      guard let field else {
        // Before as well: who sees that the index is gone sees that the field is.
        collection.republish()
        collection.payloadIndexes.remove(path)
        collection.republish()
        collection.progress.ring()
        return
      }
      defer { collection.republish() }
      if schema[path]?.isEquivalent(to: field) == true { return }
      collection.payloadIndexes.add(
        field, at: path, isReady: counters.nextOffset == 0, isRequested: isRequested)
      collection.core.payloadIndexQueue.add(collection)
    }
    return plan
  }
}
