import FastJSON
import PointModel
import ProtoWire
import QdrantAPI

/// A change of how a field of payloads is indexed.
struct PayloadIndexMessage: Sendable {
  var collection: String
  var path: PayloadPath
  /// How it is to be indexed; of no account where the index goes.
  var schema: PayloadFieldSchema
  var wait: Bool
  var timeout: Int?
}

/// Reads requests for indexes of payloads.
enum PayloadIndexMessages {
  static func create(_ message: ProtoMessage) throws(DecodingFault) -> PayloadIndexMessage {
    var type: Int32?
    var params: JSONValue?
    var request = try request(message, timeout: 7) { field throws(DecodingFault) in
      switch field.number {
      case 4: type = try field.choice()
      case 5:
        params = try SettingsMessage.payloadIndexParams.json(try field.message())
      default: break
      }
    }
    let names = SettingsMessage.payloadIndexTypes
    var name: String?
    if let type {
      guard names.indices.contains(Int(type)) else { throw .format("Malformed field type") }
      name = names[Int(type)]
    }
    var schema = JSONValue.string(name ?? "")
    if let params, params != .null {
      guard case .object(let members) = params, case .string(let kind)? = members["type"],
        kind == name ?? kind
      else { throw .format("field_type and field_index_params do not match") }
      schema = params
    } else if name == nil {
      throw .format("field_type or field_index_params must be provided")
    }
    request.schema = try JSONValueDecoder.payloadSchema(schema)
    return request
  }

  static func delete(_ message: ProtoMessage) throws(DecodingFault) -> PayloadIndexMessage {
    try request(message, timeout: 5) { _ throws(DecodingFault) in }
  }

  private static func request(
    _ message: ProtoMessage, timeout: UInt32,
    _ body: (MessageField) throws(DecodingFault) -> Void
  ) throws(DecodingFault) -> PayloadIndexMessage {
    let head = try ChangeHead(message, timeout: timeout, body)
    guard let name = head.name else { throw SearchMessages.empty("field_name") }
    return PayloadIndexMessage(
      collection: head.collection, path: try SearchMessages.path(name, at: "field_name"),
      schema: PayloadFieldSchema(type: .keyword), wait: head.wait, timeout: head.timeout)
  }
}
