import FastJSON
import VectorDB

extension JSONWriter {
  /// Writes what a collection takes, in the members that Qdrant's dashboard reads. Nothing is
  /// mapped from files, those of vectors that stay on disk among them: there is no memory that may
  /// be taken back.
  mutating func write(_ report: CollectionMemoryReport) {
    beginObject()
    key("total")
    write(report.total)
    for isSparse in [false, true] {
      key(isSparse ? "sparse_vectors" : "vectors")
      beginArray()
      for vector in report.vectors where vector.isSparse == isSparse {
        beginObject()
        key("name")
        string(vector.name)
        key("storage")
        write(vector.storage)
        key("index")
        write(vector.index)
        endObject()
      }
      endArray()
    }
    key("payload")
    write(report.payload)
    key("payload_index")
    beginArray()
    for index in report.payloadIndexes {
      beginObject()
      key("name")
      string(index.path.description)
      key("usage")
      write(index.use)
      endObject()
    }
    endArray()
    key("other")
    beginObject()
    key("id_tracker")
    write(report.identities)
    endObject()
    endObject()
  }

  private mutating func write(_ use: CollectionMemoryReport.Use) {
    beginObject()
    key("disk_bytes")
    integer(use.disk)
    key("ram_bytes")
    integer(use.memory)
    for name: StaticString in ["cached_bytes", "expected_cache_bytes"] {
      key(name)
      integer(0)
    }
    endObject()
  }
}
