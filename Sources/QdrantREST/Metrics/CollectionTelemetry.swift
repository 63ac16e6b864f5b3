import FastJSON
import PointModel
import QdrantService
import VectorDB

extension JSONWriter {
  /// Writes what telemetry tells of a collection at a level of detail, from 1 on: with 1, how many
  /// vectors there are and of what kind; with 2, how it is configured; with 3, the only shard; with
  /// 4, its only segment.
  mutating func write(_ collection: PointCollection, detail level: Int) {
    let info = collection.info()
    beginObject()
    if level == 1 {
      key("vectors")
      integer(info.vectors.reduce(0) { $0 + $1.count })
      key("optimizers_status")
      writeOptimizerStatus(of: info)
      key("params")
      info.config.writeParams(to: &self)
    } else {
      key("id")
      string(collection.name)
      key("init_time_ms")
      integer(info.loadTime.milliseconds)
      key("config")
      info.config.write(to: &self)
      if level > 2 {
        writeShards(of: info, payloadBytes: collection.storedPayloadBytes, detail: level)
      }
    }
    endObject()
  }

  /// What has gone wrong with an index, in the words that it was reported in.
  private mutating func writeOptimizerStatus(of info: CollectionInfo) {
    guard let problem = info.damage ?? info.indexes.compactMap(\.problem).first else {
      return string("ok")
    }
    beginObject()
    key("error")
    string(problem)
    endObject()
  }

  /// Where its points are: in the only shard, which is here.
  private mutating func writeShards(
    of info: CollectionInfo, payloadBytes: Int, detail level: Int
  ) {
    key("shards")
    beginArray()
    beginObject()
    key("id")
    integer(SnapshotOwner.onlyShard)
    key("key")
    null()
    key("local")
    writeLocal(info, payloadBytes: payloadBytes, detail: level)
    key("remote")
    beginArray()
    endArray()
    key("replicate_states")
    beginObject()
    key(String(QdrantService.peer))
    string(info.damage == nil ? "Active" : "Dead")
    endObject()
    key("partial_snapshot")
    beginObject()
    key("ongoing_create_snapshot_requests")
    integer(0)
    key("is_recovering")
    bool(false)
    key("recovery_timestamp")
    integer(0)
    endObject()
    endObject()
    endArray()
    for name: StaticString in ["transfers", "resharding"] {
      key(name)
      beginArray()
      endArray()
    }
  }

  private mutating func writeLocal(
    _ info: CollectionInfo, payloadBytes: Int, detail level: Int
  ) {
    beginObject()
    key("variant_name")
    string("local shard")
    key("status")
    string(CollectionDescription(info: info, problem: info.damage).status.rawValue)
    key("total_optimized_points")
    integer(info.indexedVectorsCount)
    key("vectors_size_bytes")
    integer(info.vectors.reduce(0) { $0 + $1.storedBytes })
    key("payloads_size_bytes")
    integer(payloadBytes)
    key("num_points")
    integer(info.pointsCount)
    key("num_vectors")
    integer(info.vectors.reduce(0) { $0 + $1.count })
    key("num_vectors_by_name")
    beginObject()
    for vector in info.vectors {
      key(vector.name)
      integer(vector.count)
    }
    endObject()
    if level > 3 {
      key("segments")
      beginArray()
      write(SegmentTelemetry(info: info, payloadBytes: payloadBytes))
      endArray()
    }
    key("optimizations")
    beginObject()
    key("status")
    writeOptimizerStatus(of: info)
    key("optimizations")
    beginObject()
    key("count")
    integer(0)
    endObject()
    if level > 3 {
      key("log")
      beginArray()
      endArray()
    }
    endObject()
    key("async_scorer")
    bool(false)
    if level > 3 {
      // What `indexed_only` leaves out.
      key("indexed_only_excluded_vectors")
      beginObject()
      for index in info.indexes {
        key(index.vector)
        integer(index.statistics == nil ? 0 : index.tailRows)
      }
      endObject()
    }
    key("update_queue")
    beginObject()
    key("length")
    integer(info.updateQueueLength)
    key("op_num")
    integer(info.operationsCount)
    key("deferred_points")
    integer(0)
    endObject()
    endObject()
  }
}

extension Duration {
  fileprivate var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
