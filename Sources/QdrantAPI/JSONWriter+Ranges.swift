import FastJSON
import PointModel

extension JSONWriter {
  mutating func write(_ number: Number) {
    switch number {
    case .integer(let value): integer(value)
    case .unsigned(let value): integer(value)
    case .double(let value): double(value)
    }
  }

  /// Writes bounds in wire form, absent ones left out.
  mutating func write<Value>(
    _ range: Bounds<Value>, _ writeValue: (inout JSONWriter, Value) -> Void
  ) {
    beginObject()
    let bounds: [(StaticString, Value?)] = [
      ("lt", range.lessThan), ("lte", range.lessThanOrEqual), ("gt", range.greaterThan),
      ("gte", range.greaterThanOrEqual),
    ]
    for case (let name, let bound?) in bounds {
      key(name)
      writeValue(&self, bound)
    }
    endObject()
  }

  mutating func write(_ slice: PointSlice) {
    beginObject()
    key("total")
    integer(slice.total)
    key("index")
    integer(slice.index)
    endObject()
  }

  mutating func write(_ box: GeoBoundingBox) {
    beginObject()
    key("top_left")
    write(box.topLeft)
    key("bottom_right")
    write(box.bottomRight)
    endObject()
  }

  mutating func write(_ circle: GeoRadius) {
    beginObject()
    key("center")
    write(circle.center)
    key("radius")
    double(circle.radius)
    endObject()
  }

  mutating func write(_ polygon: GeoPolygon) {
    beginObject()
    key("exterior")
    write(ring: polygon.exterior)
    if !polygon.interiors.isEmpty {
      key("interiors")
      beginArray()
      for interior in polygon.interiors { write(ring: interior) }
      endArray()
    }
    endObject()
  }

  private mutating func write(ring: [GeoPoint]) {
    beginObject()
    key("points")
    beginArray()
    for point in ring { write(point) }
    endArray()
    endObject()
  }

  mutating func write(_ point: GeoPoint) {
    beginObject()
    key("lon")
    double(point.longitude)
    key("lat")
    double(point.latitude)
    endObject()
  }
}
