import FastJSON
import QdrantService
import VectorDB

extension JSONWriter {
  /// Writes the members of a collection's telemetry that say where its points are: in the only
  /// shard, which is here.
  mutating func writeShards(of info: CollectionInfo) {
    key("shards")
    beginArray()
    beginObject()
    key("id")
    integer(SnapshotOwner.onlyShard)
    key("local")
    writeLocal(info)
    key("remote")
    beginArray()
    endArray()
    key("replicate_states")
    beginObject()
    key(String(QdrantService.peer))
    string(info.damage == nil ? "Active" : "Dead")
    endObject()
    endObject()
    endArray()
    for name: StaticString in ["transfers", "resharding"] {
      key(name)
      beginArray()
      endArray()
    }
  }

  private mutating func writeLocal(_ info: CollectionInfo) {
    beginObject()
    key("variant_name")
    string("local shard")
    key("status")
    string(CollectionDescription(info: info, problem: info.damage).status.rawValue)
    key("total_optimized_points")
    integer(info.indexedVectorsCount)
    key("vectors_size_bytes")
    integer(info.vectorBytes)
    key("num_points")
    integer(info.pointsCount)
    let names = info.config.vectors.all.map(\.name)
    key("num_vectors")
    integer(info.pointsCount * names.count)
    key("num_vectors_by_name")
    beginObject()
    for name in names {
      key(name)
      integer(info.pointsCount)
    }
    endObject()
    key("optimizations")
    beginObject()
    key("status")
    string("ok")
    key("optimizations")
    beginObject()
    key("count")
    integer(0)
    endObject()
    endObject()
    key("update_queue")
    beginObject()
    key("length")
    integer(info.updateQueueLength)
    endObject()
    endObject()
  }
}
