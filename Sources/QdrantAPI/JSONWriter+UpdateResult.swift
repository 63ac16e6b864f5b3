public import FastJSON
public import PointModel

extension JSONWriter {
  /// Writes `{"operation_id":…,"status":…}`.
  public mutating func write(_ result: UpdateResult) {
    beginObject()
    if let operationID = result.operationID {
      key("operation_id")
      integer(operationID)
    }
    key("status")
    string(result.status.rawValue)
    endObject()
  }

  /// Writes the results of a batch, in their order.
  public mutating func write(_ results: [UpdateResult]) {
    beginArray()
    for result in results { write(result) }
    endArray()
  }
}
