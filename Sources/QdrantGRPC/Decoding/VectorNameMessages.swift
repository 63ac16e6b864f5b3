import FastJSON
import PointModel
import ProtoWire
import QdrantAPI

/// A change of the vectors that a collection has.
struct VectorNameMessage: Sendable {
  var collection: String
  var change: VectorNameChange
  var wait: Bool
  var timeout: Int?
}

/// Reads requests that add vectors to a collection and drop them.
enum VectorNameMessages {
  static func create(_ message: ProtoMessage) throws(DecodingFault) -> VectorNameMessage {
    var declaration: JSONValue?
    var request = try request(message, timeout: 6) { field throws(DecodingFault) in
      switch field.number {
      case 4:
        declaration = .object([
          "dense": try SettingsMessage.denseVectorCreation.json(try field.message())
        ])
      case 5:
        declaration = .object([
          "sparse": try SettingsMessage.sparseVectorCreation.json(try field.message())
        ])
      default: break
      }
    }
    guard let declaration else { throw .format("Vector config is required") }
    if case .remove(let name) = request.change {
      request.change = .add(name: name, try JSONValueDecoder.vectorDeclaration(declaration))
    }
    return request
  }

  static func delete(_ message: ProtoMessage) throws(DecodingFault) -> VectorNameMessage {
    try request(message, timeout: 4) { _ throws(DecodingFault) in }
  }

  /// What both have in common, as a request to drop the vector.
  private static func request(
    _ message: ProtoMessage, timeout: UInt32,
    _ body: (MessageField) throws(DecodingFault) -> Void
  ) throws(DecodingFault) -> VectorNameMessage {
    var request = VectorNameMessage(collection: "", change: .remove(name: ""), wait: false)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: request.collection = try field.string()
      case 2: request.wait = try field.bool()
      case 3: request.change = .remove(name: try field.string())
      case timeout: request.timeout = Int(clamping: try field.uint64())
      default: try body(field)
      }
    }
    return request
  }
}
