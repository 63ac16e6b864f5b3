public import FastJSON
public import PointModel

/// Writes the bodies that a client of the REST API sends.
public enum ClientRequest {
  /// The body of `PUT /collections/{name}`, the server's defaults left to the server.
  public static func createCollection(
    vectors: VectorsConfig, onDiskPayload: Bool? = nil
  ) -> [UInt8] {
    body { writer in
      writer.key("vectors")
      vectors.write(to: &writer)
      if let onDiskPayload {
        writer.key("on_disk_payload")
        writer.bool(onDiskPayload)
      }
    }
  }

  /// The body of `PUT /collections/{name}/points`.
  public static func upsert(_ points: [Point]) -> [UInt8] {
    let bytes = points.reduce(0) { $0 + $1.vectors.reduce(0) { $0 + $1.value.byteCount } }
    // A number of four bytes takes about twelve digits.
    return body(reservingCapacity: 3 * bytes + 256 * points.count) { writer in
      writer.key("points")
      writer.beginArray()
      for point in points {
        writer.beginObject()
        writer.key("id")
        writer.write(point.id)
        writer.key("vector")
        writer.write(point.vectors)
        writer.key("payload")
        point.payload.json.withUnsafeBytes { writer.rawValue($0) }
        writer.endObject()
      }
      writer.endArray()
    }
  }

  /// The body of `POST /collections/{name}/points/batch` that replaces the payloads of points.
  public static func overwritePayloads(
    _ payloads: [(id: PointID, payload: JSONObjectValue)]
  ) -> [UInt8] {
    body { writer in
      writer.key("operations")
      writer.beginArray()
      for (id, payload) in payloads {
        writer.beginObject()
        writer.key("overwrite_payload")
        writer.beginObject()
        writer.key("payload")
        JSONValue.object(payload).write(to: &writer)
        writer.key("points")
        writer.beginArray()
        writer.write(id)
        writer.endArray()
        writer.endObject()
        writer.endObject()
      }
      writer.endArray()
    }
  }

  /// The body of `POST /collections/{name}/points`.
  public static func retrieve(_ request: RetrieveRequest) -> [UInt8] {
    body { writer in
      writer.key("ids")
      writer.beginArray()
      for id in request.ids { writer.write(id) }
      writer.endArray()
      writer.writeSelectors(request.withPayload, request.withVector)
    }
  }

  /// The body of `POST /collections/{name}/points/delete`.
  public static func deletePoints(_ selector: PointSelector) -> [UInt8] {
    body { writer in
      switch selector {
      case .ids(let ids):
        writer.key("points")
        writer.beginArray()
        for id in ids { writer.write(id) }
        writer.endArray()
      case .filter(let filter):
        writer.key("filter")
        writer.write(filter)
      }
    }
  }

  /// The body of `POST /collections/{name}/points/scroll`.
  public static func scroll(
    _ filter: Filter?, from start: PointID?, limit: Int, withPayload: PayloadSelector
  ) -> [UInt8] {
    body { writer in
      if let filter {
        writer.key("filter")
        writer.write(filter)
      }
      if let start {
        writer.key("offset")
        writer.write(start)
      }
      writer.key("limit")
      writer.integer(limit)
      writer.writeSelectors(withPayload, .none)
    }
  }

  /// A filter as it stands in a body.
  public static func filter(_ filter: Filter) -> JSONValue {
    var writer = JSONWriter()
    writer.write(filter)
    return (try? JSONValue(parsing: writer.bytes)) ?? .null
  }

  /// The body of `POST /collections/{name}/points/query`.
  public static func query(_ request: QueryRequest) -> [UInt8] {
    body { writer in
      writer.writeSource(request.root)
      writer.key("limit")
      writer.integer(request.limit)
      if request.offset > 0 {
        writer.key("offset")
        writer.integer(request.offset)
      }
      writer.writeSelectors(request.withPayload, request.withVector)
    }
  }

  private static func body(
    reservingCapacity capacity: Int = 256, _ members: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: capacity)
    writer.beginObject()
    members(&writer)
    writer.endObject()
    return writer.bytes
  }
}
