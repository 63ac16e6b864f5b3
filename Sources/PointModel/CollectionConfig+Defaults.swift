public import FastJSON

extension CollectionConfig {
  /// The graph settings of a collection that names none.
  public static let defaultHNSW: JSONObjectValue = [
    "m": .integer(16), "ef_construct": .integer(100), "full_scan_threshold": .integer(10000),
    "max_indexing_threads": .integer(0), "on_disk": .bool(false),
  ]

  /// The optimizer settings of a collection that names none.
  public static let defaultOptimizers: JSONObjectValue = [
    "deleted_threshold": .double(0.2), "vacuum_min_vector_number": .integer(1000),
    "default_segment_number": .integer(0), "max_segment_size": .null, "memmap_threshold": .null,
    "indexing_threshold": .integer(10000), "flush_interval_sec": .integer(5),
    "max_optimization_threads": .null, "prevent_unoptimized": .null,
  ]

  /// The log settings of a collection that names none.
  public static let defaultWAL: JSONObjectValue = [
    "wal_capacity_mb": .integer(32), "wal_segments_ahead": .integer(0),
    "wal_retain_closed": .integer(1),
  ]
}

extension JSONObjectValue {
  /// Sets every member of `changes`, keeping the place of keys that are there already.
  package mutating func merge(_ changes: JSONObjectValue) {
    for (key, value) in changes { self[key] = value }
  }

  /// This object with every member of `changes` set.
  package func merging(_ changes: JSONObjectValue) -> JSONObjectValue {
    var merged = self
    merged.merge(changes)
    return merged
  }
}
