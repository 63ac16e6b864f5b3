public import FastJSON
public import PointModel

extension JSONWriter {
  /// Writes a number, or the dashed form of a UUID.
  public mutating func write(_ id: PointID) {
    switch id {
    case .number(let number): integer(number)
    case .uuid(let uuid): string(uuid.description)
    }
  }

  /// Writes `{"id":…,"payload":…,"vector":…}`; what was not asked for is absent.
  public mutating func write(_ record: Record) {
    beginObject()
    key("id")
    write(record.id)
    writeContents(of: record)
    endObject()
  }

  /// Writes `{"id":…,"version":…,"score":…,"payload":…,"vector":…}`; what was not asked for is
  /// absent.
  public mutating func write(_ point: ScoredPoint) {
    beginObject()
    key("id")
    write(point.record.id)
    key("version")
    integer(point.version)
    key("score")
    float(point.score)
    writeContents(of: point.record)
    endObject()
  }

  /// Writes `{"count":…}`.
  public mutating func writeCount(_ count: Int) {
    beginObject()
    key("count")
    integer(count)
    endObject()
  }

  private mutating func writeContents(of record: Record) {
    if let payload = record.payload {
      key("payload")
      payload.json.withUnsafeBytes { rawValue($0) }
    }
    if let vectors = record.vectors {
      key("vector")
      write(vectors)
    }
    if let value = record.orderValue {
      key("order_value")
      write(value)
    }
  }

  /// Writes a lone unnamed vector as a list, all else as an object.
  mutating func write(_ vectors: [NamedVector]) {
    if vectors.count == 1, vectors[0].name.isEmpty {
      write(vectors[0].value)
      return
    }
    beginObject()
    for vector in vectors {
      key(vector.name)
      write(vector.value)
    }
    endObject()
  }

  /// Writes a list of numbers, `{"indices":[…],"values":[…]}`, or a list of lists of numbers.
  mutating func write(_ vector: VectorValue) {
    switch vector {
    case .dense(let values): floats(values)
    case .sparse(let sparse):
      beginObject()
      key("indices")
      beginArray()
      for index in sparse.indices { integer(index) }
      endArray()
      key("values")
      floats(sparse.values)
      endObject()
    case .multi(let multi):
      beginArray()
      for vector in multi.vectors { vector.withUnsafeBufferPointer { floats($0) } }
      endArray()
    }
  }
}
