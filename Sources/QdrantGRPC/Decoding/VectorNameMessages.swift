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
    let head = try ChangeHead(message, timeout: 6) { field throws(DecodingFault) in
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
    let vector = try JSONValueDecoder.vectorDeclaration(declaration)
    return try request(head) { .add(name: $0, vector) }
  }

  static func delete(_ message: ProtoMessage) throws(DecodingFault) -> VectorNameMessage {
    try request(try ChangeHead(message, timeout: 4)) { .remove(name: $0) }
  }

  private static func request(
    _ head: ChangeHead, _ change: (String) -> VectorNameChange
  ) throws(DecodingFault) -> VectorNameMessage {
    VectorNameMessage(
      collection: head.collection, change: change(try head.name?.string() ?? ""), wait: head.wait,
      timeout: head.timeout)
  }
}

/// What requests have in common that change something of a collection by its name.
struct ChangeHead {
  var collection = ""
  /// What is changed.
  var name: MessageField?
  var wait = false
  var timeout: Int?

  /// Reads a message whose field `timeout` has the time; `body` is passed the fields that are not
  /// common to all.
  init(
    _ message: ProtoMessage, timeout number: UInt32,
    _ body: (MessageField) throws(DecodingFault) -> Void = { _ throws(DecodingFault) in }
  ) throws(DecodingFault) {
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: collection = try field.string()
      case 2: wait = try field.bool()
      case 3: name = field
      case number: timeout = Int(clamping: try field.uint64())
      default: try body(field)
      }
    }
  }
}
