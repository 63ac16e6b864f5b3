import FastJSON
import PointModel
import QdrantService
import VectorDB

/// What telemetry tells of the rows of a collection, which are one segment.
struct SegmentTelemetry {
  let info: CollectionInfo
  let payloadBytes: Int

  fileprivate var vectorBytes: Int { info.vectors.reduce(0) { $0 + $1.storedBytes } }

  fileprivate var hasIndex: Bool { info.indexes.contains { $0.statistics != nil } }

  /// Vectors under a name that are in the lists of its index.
  fileprivate func indexed(_ vector: VectorUse) -> Int {
    guard let index = info.indexes.first(where: { $0.vector == vector.name }),
      index.statistics != nil
    else { return 0 }
    return max(0, vector.count - index.tailRows)
  }
}

extension JSONWriter {
  mutating func write(_ segment: SegmentTelemetry) {
    beginObject()
    key("info")
    writeInfo(segment)
    key("config")
    writeConfig(segment)
    key("vector_index_searches")
    beginArray()
    endArray()
    key("payload_field_indices")
    beginArray()
    for field in segment.info.payloadFields {
      beginObject()
      key("field_name")
      string(field.path.description)
      key("index_type")
      string(field.schema.params.type.rawValue)
      key("points_values_count")
      integer(field.pointsCount)
      key("points_count")
      integer(field.pointsCount)
      endObject()
    }
    endArray()
    endObject()
  }

  private mutating func writeInfo(_ segment: SegmentTelemetry) {
    let info = segment.info
    beginObject()
    key("uuid")
    string(SnapshotOwner.onlySegment)
    key("segment_type")
    string(segment.hasIndex ? "indexed" : "plain")
    let figures: [(StaticString, Int)] = [
      ("num_vectors", info.vectors.reduce(0) { $0 + $1.count }),
      ("num_points", info.pointsCount), ("num_deferred_points", 0),
      ("num_deleted_deferred_points", 0),
      ("num_indexed_vectors", info.vectors.reduce(0) { $0 + segment.indexed($1) }),
      ("num_deleted_vectors", 0), ("vectors_size_bytes", segment.vectorBytes),
      ("payloads_size_bytes", segment.payloadBytes), ("ram_usage_bytes", info.vectorBytes),
      ("disk_usage_bytes", segment.vectorBytes + segment.payloadBytes),
    ]
    for (name, value) in figures {
      key(name)
      integer(value)
    }
    key("is_appendable")
    bool(true)
    key("index_schema")
    JSONValue.object(.payloadSchema(info.payloadFields)).write(to: &self)
    key("vector_data")
    beginObject()
    for vector in info.vectors {
      key(vector.name)
      beginObject()
      key("num_vectors")
      integer(vector.count)
      key("num_indexed_vectors")
      integer(segment.indexed(vector))
      key("num_deleted_vectors")
      integer(0)
      endObject()
    }
    endObject()
    endObject()
  }

  private mutating func writeConfig(_ segment: SegmentTelemetry) {
    let config = segment.info.config
    beginObject()
    key("vector_data")
    beginObject()
    for vector in config.vectors.all {
      key(vector.name)
      beginObject()
      key("size")
      integer(vector.params.size)
      key("distance")
      string(vector.params.distance.rawValue)
      key("storage_type")
      string("Memory")
      // Lists are no graph, for which there would be a name.
      key("index")
      beginObject()
      key("type")
      string("plain")
      key("options")
      beginObject()
      endObject()
      endObject()
      if vector.params.multivector != nil {
        key("multivector_config")
        beginObject()
        key("comparator")
        string("max_sim")
        endObject()
      }
      key("datatype")
      string(vector.params.datatype.rawValue)
      endObject()
    }
    endObject()
    key("sparse_vector_data")
    beginObject()
    for vector in config.sparseVectors {
      key(vector.name)
      beginObject()
      key("index")
      beginObject()
      key("index_type")
      string("MutableRam")
      endObject()
      key("modifier")
      string(vector.params.modifier.rawValue)
      endObject()
    }
    endObject()
    key("payload_storage_type")
    beginObject()
    key("type")
    string("mmap")
    endObject()
    endObject()
  }
}

extension JSONObjectValue {
  /// The payload schema of a collection, by the keys of its fields.
  static func payloadSchema(_ fields: [PayloadFieldInfo]) -> JSONObjectValue {
    var schema = JSONObjectValue()
    for field in fields {
      var entry = JSONObjectValue()
      entry["data_type"] = .string(field.schema.params.type.rawValue)
      if !field.schema.isTypeOnly { entry["params"] = .object(field.schema.params.json) }
      entry["points"] = .integer(Int64(field.pointsCount))
      schema[field.path.description] = .object(entry)
    }
    return schema
  }
}
