public import FastJSON
public import PointModel

extension JSONWriter {
  /// Writes `{"groups":[{"id":…,"hits":[…],"lookup":…}, …]}`; a group without a point of its name
  /// has no `lookup`.
  public mutating func write(_ groups: [PointGroup]) {
    beginObject()
    key("groups")
    beginArray()
    for group in groups {
      beginObject()
      key("hits")
      write(group.hits)
      key("id")
      switch group.id {
      case .string(let text): string(text)
      case .integer(let number): integer(number)
      case .unsigned(let number): integer(number)
      }
      if let lookup = group.lookup {
        key("lookup")
        write(lookup)
      }
      endObject()
    }
    endArray()
    endObject()
  }

  /// Writes `{"hits":[{"value":…,"count":…}, …]}`.
  public mutating func write(_ hits: [FacetHit]) {
    beginObject()
    key("hits")
    beginArray()
    for hit in hits {
      beginObject()
      key("value")
      write(hit.value)
      key("count")
      integer(hit.count)
      endObject()
    }
    endArray()
    endObject()
  }

  /// Writes `{"pairs":[{"a":…,"b":…,"score":…}, …]}`.
  public mutating func writePairs(_ matrix: DistanceMatrix) {
    beginObject()
    key("pairs")
    beginArray()
    for (id, row) in zip(matrix.ids, matrix.neighbors) {
      for neighbor in row {
        beginObject()
        key("a")
        write(id)
        key("b")
        write(matrix.ids[neighbor.position])
        key("score")
        float(neighbor.score)
        endObject()
      }
    }
    endArray()
    endObject()
  }

  /// Writes `{"offsets_row":[…],"offsets_col":[…],"scores":[…],"ids":[…]}`.
  public mutating func writeOffsets(_ matrix: DistanceMatrix) {
    beginObject()
    key("offsets_row")
    beginArray()
    for (row, neighbors) in matrix.neighbors.enumerated() {
      for _ in neighbors { integer(row) }
    }
    endArray()
    key("offsets_col")
    beginArray()
    for neighbor in matrix.neighbors.joined() { integer(neighbor.position) }
    endArray()
    key("scores")
    floats(matrix.neighbors.joined().map(\.score))
    key("ids")
    beginArray()
    for id in matrix.ids { write(id) }
    endArray()
    endObject()
  }
}
