import FastJSON
import PointModel

/// Payloads that are made of those that are there.
extension OperationApplier {
  func merge(
    _ change: Payload, into point: inout StagedPoint, _ id: PointID, _ stored: Payload?,
    at path: PayloadPath?
  ) throws(CollectionError) {
    let tree = try parsed(change)
    try editPayload(of: &point, id, stored) { (edited, bytes) throws(CollectionError) in
      // A path may lead to as many places as an array has elements.
      let places = PayloadEditor.places(of: path, in: edited)
      let growth = change.json.count.multipliedSaturating(by: places)
      if growth > limits.payloadBytesMax - bytes {
        throw .payloadTooLarge(id, limits)
      }
      let room = try room(2 * growth + places * JSONValue.bytesPerValue)
      defer { room?.release() }
      PayloadEditor.merge(tree, into: &edited, at: path)
    }
  }

  /// Makes a payload of the one that is there.
  ///
  /// - Parameter edit: is told how many bytes that has.
  func editPayload(
    of point: inout StagedPoint, _ id: PointID, _ stored: Payload?,
    _ edit: (inout JSONObjectValue, _ bytes: Int) throws(CollectionError) -> Void
  ) throws(CollectionError) {
    let before = point.payload ?? point.kept ?? stored ?? .empty
    let room = try room(before.treeBytes)
    defer { room?.release() }
    var payload = try parsed(before)
    try edit(&payload, before.json.count)
    let limit = limits.payloadDepthMax
    if PayloadEditor.nests(.object(payload), deeperThan: limit) {
      throw .wrongInput("the payload of point \(id) would nest deeper than \(limit) levels")
    }
    point.setPayload(Payload(payload), isEdited: true)
  }

  /// Memory to work in; `nil` where little is needed.
  private func room(_ bytes: Int) throws(CollectionError) -> MemoryLease? {
    bytes <= Self.leaseStep ? nil : try collection.core.memory.lease(bytes, for: .work)
  }
}
