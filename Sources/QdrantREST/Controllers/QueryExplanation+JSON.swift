import FastJSON
import VectorDB

extension JSONWriter {
  /// Writes what the searches of a query looked at, one object for each.
  mutating func write(_ explanation: QueryExplanation) {
    beginObject()
    key("searches")
    beginArray()
    for search in explanation.searches {
      beginObject()
      key("using")
      string(search.using)
      key("method")
      string(search.method.rawValue)
      member("filtered_points", search.filteredRows)
      member("lists", search.lists?.count)
      member("lists_read", search.lists?.probes)
      member("entries_read", search.lists?.entries)
      member("scored_points", search.scoredRows)
      member("records_read", search.recordsRead)
      endObject()
    }
    endArray()
    endObject()
  }

  private mutating func member(_ name: StaticString, _ number: Int?) {
    guard let number else { return }
    key(name)
    integer(number)
  }
}
