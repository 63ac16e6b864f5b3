public import FastJSON
public import PointModel

/// What `GET /collections/{name}` tells about a collection.
public struct CollectionInfoResponse: Sendable, Equatable {
  /// The light that dashboards show.
  public enum Status: String, Sendable {
    /// All is well and indexed.
    case green
    /// Being indexed.
    case yellow
    /// Waiting to be indexed.
    case grey
    /// Out of order.
    case red
  }

  /// The light that dashboards show.
  public var status: Status
  /// Why indexing has stopped; `nil` when it has not.
  public var optimizerError: String?
  /// Vectors that searches reach through an index.
  public var indexedVectorsCount: Int
  /// Points in the collection.
  public var pointsCount: Int
  /// Parts that the collection is stored in.
  public var segmentsCount: Int
  /// What the collection was created with, and changes since.
  public var config: CollectionConfig
  /// Descriptions of payload indexes by key, in wire form.
  public var payloadSchema: JSONObjectValue
  /// Operations taken and not yet done.
  public var updateQueueLength: Int
  /// Of our own: what is to be said of the indexes of the collection's vectors.
  public var indexes: [IndexReport]

  /// A description of a collection.
  public init(
    status: Status, optimizerError: String? = nil, indexedVectorsCount: Int, pointsCount: Int,
    segmentsCount: Int, config: CollectionConfig, payloadSchema: JSONObjectValue = .init(),
    updateQueueLength: Int = 0, indexes: [IndexReport] = []
  ) {
    self.status = status
    self.optimizerError = optimizerError
    self.indexedVectorsCount = indexedVectorsCount
    self.pointsCount = pointsCount
    self.segmentsCount = segmentsCount
    self.config = config
    self.payloadSchema = payloadSchema
    self.updateQueueLength = updateQueueLength
    self.indexes = indexes
  }
}

extension JSONWriter {
  /// Writes the members that Qdrant's clients know and, where there is something to say, `ivf`,
  /// which they pass over.
  public mutating func write(_ info: CollectionInfoResponse) {
    beginObject()
    key("status")
    string(info.status.rawValue)
    key("optimizer_status")
    if let error = info.optimizerError {
      beginObject()
      key("error")
      string(error)
      endObject()
    } else {
      string("ok")
    }
    write(warnings: info.config.warnings)
    key("indexed_vectors_count")
    integer(info.indexedVectorsCount)
    key("points_count")
    integer(info.pointsCount)
    key("segments_count")
    integer(info.segmentsCount)
    key("config")
    info.config.write(to: &self)
    key("payload_schema")
    JSONValue.object(info.payloadSchema).write(to: &self)
    key("update_queue")
    beginObject()
    key("length")
    integer(info.updateQueueLength)
    endObject()
    if !info.indexes.isEmpty {
      key("ivf")
      beginObject()
      for report in info.indexes {
        key(report.vector)
        write(report)
      }
      endObject()
    }
    endObject()
  }

  /// Writes nothing when there are none, as clients expect.
  private mutating func write(warnings: [String]) {
    if warnings.isEmpty { return }
    key("warnings")
    beginArray()
    for warning in warnings {
      beginObject()
      key("message")
      string(warning)
      endObject()
    }
    endArray()
  }

  /// Writes `{"collections":[{"name":…}, …]}`.
  public mutating func writeCollections(_ names: some Sequence<String>) {
    beginObject()
    key("collections")
    beginArray()
    for name in names {
      beginObject()
      key("name")
      string(name)
      endObject()
    }
    endArray()
    endObject()
  }

  /// Writes `{"aliases":[{"alias_name":…,"collection_name":…}, …]}`.
  public mutating func write(_ aliases: [Alias]) {
    beginObject()
    key("aliases")
    beginArray()
    for alias in aliases {
      beginObject()
      key("alias_name")
      string(alias.name)
      key("collection_name")
      string(alias.collection)
      endObject()
    }
    endArray()
    endObject()
  }

  /// Writes `{"exists":…}`.
  public mutating func writeExists(_ exists: Bool) {
    beginObject()
    key("exists")
    bool(exists)
    endObject()
  }
}
