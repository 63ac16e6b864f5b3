import PointModel
import ProtoWire
import QdrantAPI

/// Reads requests about collections as wholes, their further names and their snapshots.
enum CollectionMessages {
  /// A collection's name, or another name, in field 1.
  static func name(_ message: ProtoMessage) throws(DecodingFault) -> String {
    var name = ""
    try message.read { field throws(DecodingFault) in
      if field.number == 1 { name = try field.string() }
    }
    return name
  }

  /// Of a message that tells nothing.
  static func nothing(_ message: ProtoMessage) throws(DecodingFault) {
    try message.read { _ throws(DecodingFault) in }
  }

  /// A collection and one of its snapshots.
  static func snapshot(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> (collection: String, snapshot: String) {
    var (collection, snapshot) = ("", "")
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: collection = try field.string()
      case 2: snapshot = try field.string()
      default: break
      }
    }
    return (collection, snapshot)
  }

  static func create(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<CollectionConfig> {
    let header = try header(message, timeout: 9)
    let config = try SettingsMessage.createCollection.json(message)
    return ReadMessage(
      collection: header.collection, timeout: header.timeout,
      request: try JSONValueDecoder.collection(config))
  }

  static func update(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<CollectionConfigChange> {
    let header = try header(message, timeout: 3)
    let change = try SettingsMessage.updateCollection.json(message)
    return ReadMessage(
      collection: header.collection, timeout: header.timeout,
      request: try JSONValueDecoder.change(change))
  }

  static func deletion(_ message: ProtoMessage) throws(DecodingFault) -> ReadMessage<Void> {
    let header = try header(message, timeout: 2)
    return ReadMessage(collection: header.collection, timeout: header.timeout, request: ())
  }

  private static func header(
    _ message: ProtoMessage, timeout: UInt32
  ) throws(DecodingFault) -> (collection: String, timeout: Int?) {
    var header: (collection: String, timeout: Int?) = ("", nil)
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: header.collection = try field.string()
      case timeout: header.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    return header
  }

  // MARK: Aliases

  static func aliases(
    _ message: ProtoMessage
  ) throws(DecodingFault) -> ReadMessage<[AliasOperation]> {
    var change = ReadMessage<[AliasOperation]>(request: [])
    try message.read { field throws(DecodingFault) in
      switch field.number {
      case 1: try field.append(to: &change.request, at: "actions", alias)
      case 2: change.timeout = Int(clamping: try field.uint64())
      default: break
      }
    }
    return change
  }

  private static func alias(_ message: ProtoMessage) throws(DecodingFault) -> AliasOperation {
    var operation: AliasOperation?
    try message.read { field throws(DecodingFault) in
      guard (1...3).contains(field.number) else { return }
      let (first, second) = try snapshot(try field.message())
      switch field.number {
      case 1: operation = .create(Alias(name: second, collection: first))
      case 2: operation = .rename(from: first, to: second)
      default: operation = .delete(first)
      }
    }
    guard let operation else { throw .format("Malformed AliasOperations type") }
    return operation
  }
}
