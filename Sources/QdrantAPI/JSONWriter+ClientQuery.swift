import FastJSON
import PointModel

extension JSONWriter {
  mutating func write(_ query: Query) {
    beginObject()
    key("nearest")
    switch query {
    case .nearest(let vector):
      write(vector)
    case .mmr(let vector, let diversity, let candidates):
      write(vector)
      key("mmr")
      beginObject()
      key("diversity")
      float(diversity)
      if let candidates {
        key("candidates_limit")
        integer(candidates)
      }
      endObject()
    }
    endObject()
  }

  private mutating func write(_ vector: QueryVector) {
    switch vector {
    case .dense(let values): floats(values)
    case .point(let id): write(id)
    }
  }

  /// Writes `params` unless they are the default ones.
  mutating func writeParams(_ params: SearchParams) {
    if params == SearchParams() { return }
    key("params")
    beginObject()
    if let hnswEf = params.hnswEf {
      key("hnsw_ef")
      integer(hnswEf)
    }
    key("exact")
    bool(params.exact)
    key("indexed_only")
    bool(params.indexedOnly)
    if let ivf = params.ivf {
      key("ivf")
      beginObject()
      switch ivf {
      case .recall(let recall):
        key("recall")
        double(recall)
      case .probes(let probes):
        key("nprobe")
        integer(probes)
      }
      endObject()
    }
    endObject()
  }

  mutating func writeSelectors(_ payload: PayloadSelector, _ vector: VectorSelector) {
    key("with_payload")
    switch payload {
    case .none: bool(false)
    case .all: bool(true)
    case .include(let paths): writePaths(paths, under: "include")
    case .exclude(let paths): writePaths(paths, under: "exclude")
    }
    key("with_vector")
    switch vector {
    case .none: bool(false)
    case .all: bool(true)
    case .names(let names):
      beginArray()
      for name in names { string(name) }
      endArray()
    }
  }

  private mutating func writePaths(_ paths: [PayloadPath], under name: StaticString) {
    beginObject()
    key(name)
    beginArray()
    for path in paths { string(path.description) }
    endArray()
    endObject()
  }

  mutating func writeLookup(_ lookup: LookupLocation) {
    key("lookup_from")
    beginObject()
    key("collection")
    string(lookup.collection)
    if let vector = lookup.vector {
      key("vector")
      string(vector)
    }
    endObject()
  }
}
