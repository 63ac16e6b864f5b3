import FastJSON
import PointModel

extension Payload {
  /// Payloads of so few bytes are not looked at.
  private static let bytesNotCounted = 64 << 10

  /// About what it takes to look into the payload as a tree, with what parsing takes meanwhile.
  var treeBytes: Int {
    if json.count <= Self.bytesNotCounted { return json.count }
    var values = 1
    json.withUnsafeBytes { bytes in
      for byte in bytes
      where byte == UInt8(ascii: ",") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
        values += 1
      }
    }
    return 3 * json.count + values * JSONValue.bytesPerValue
  }
}

extension JSONValue {
  /// About what a value takes in a tree, beside its text.
  static let bytesPerValue = 96
}

extension CollectionError {
  /// What a payload is refused with that no snapshot could hold.
  ///
  /// - Parameter id: the point's, if it is of one alone.
  static func payloadTooLarge(_ id: PointID?, _ limits: Limits) -> CollectionError {
    let whose = id.map { "the payload of point \($0)" } ?? "the payload"
    return .wrongInput("\(whose) would take more than \(limits.payloadBytesMax) bytes")
  }
}
