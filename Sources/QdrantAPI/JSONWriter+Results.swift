import FastJSON
import PointModel

extension JSONWriter {
  /// Writes `{"value":…,"count":…}`.
  mutating func write(_ hit: FacetHit) {
    beginObject()
    key("value")
    write(hit.value)
    key("count")
    integer(hit.count)
    endObject()
  }
}
