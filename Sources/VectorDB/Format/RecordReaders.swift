import PointModel

/// What reads the keys and records of the store, by itself: for proofs of the readers.
package enum RecordReaders: CaseIterable, Sendable {
  /// The id of a point, as keys of the `ids` family end.
  case id
  /// A record of the `points` family.
  case point
  /// A record of the `ids` family.
  case location
  /// The counters of a collection.
  case counters
  /// A collection in the catalogue.
  case catalogEntry

  /// What is written of what was read; `nil` if the bytes are no such thing.
  package func rewritten(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    switch self {
    case .id:
      guard let (id, _) = KeyLayout.id(in: bytes) else { return nil }
      var key: [UInt8] = []
      KeyLayout.append(id, to: &key)
      return key
    case .point:
      guard let view = try? PointRecord.view(bytes) else { return nil }
      return PointRecord(
        id: view.id, version: view.version, payload: Payload(normalizedJSON: Array(view.payload))
      ).encoded()
    case .location: return (try? PointLocation(bytes))?.encoded()
    case .counters: return (try? CollectionCounters(Array(bytes)))?.encoded()
    case .catalogEntry: return (try? CatalogEntry(Array(bytes)))?.encoded()
    }
  }
}
