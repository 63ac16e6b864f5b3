import NIOCore
import ProtoWire
import QdrantAPI
import QdrantService
import TransportBase

/// What each call asks for, so that whoever may not is refused before the request is looked at.
extension GRPCMethods {
  /// The action of a call; `nil` for those that are open to all.
  static func action(_ service: String, _ method: String) -> ServiceAction? {
    switch service {
    case "qdrant.Points": points[method]
    case "qdrant.Collections": collections[method]
    case "qdrant.Snapshots": snapshots[method]
    case "qdrant.StorageRead": .readStorage
    default: nil
    }
  }

  /// The collection that a request is about: in all messages that name one, it is the first field.
  static func collection(in message: ByteBuffer) -> String? {
    message.withUnsafeReadableBytes { bytes in
      var name: String?
      // What is wrong with the rest is told to whoever may ask.
      try? ProtoMessage(bytes).read { field throws(DecodingFault) in
        if field.number == 1 { name = try field.string() }
      }
      return name
    }
  }

  /// The fields of requests in which clients ask for consistency, by method of `qdrant.Points`.
  private static let consistencyFields: [String: UInt32] = [
    "Get": 6, "Scroll": 8, "Count": 4, "Facet": 7, "SearchMatrixPairs": 7,
    "SearchMatrixOffsets": 7, "Query": 12, "QueryBatch": 3, "QueryGroups": 14, "Search": 12,
    "SearchBatch": 3, "SearchGroups": 12, "Recommend": 14, "RecommendBatch": 3,
    "RecommendGroups": 14, "Discover": 12, "DiscoverBatch": 3,
  ]

  /// The field in which a call's requests ask for consistency; `nil` if they can't.
  static func consistencyField(_ service: String, _ method: String) -> UInt32? {
    service == "qdrant.Points" ? consistencyFields[method] : nil
  }

  /// Whether a request asks, in that field, for more than one server's word.
  static func asksForConsistency(_ message: ByteBuffer, in number: UInt32) -> Bool {
    message.withUnsafeReadableBytes { bytes in
      var asks = false
      try? ProtoMessage(bytes).forEachField { field throws(ProtoError) in
        guard field.number == number else { return }
        try field.message().forEachField { part throws(ProtoError) in
          switch part.number {
          case 1: asks = true
          case 2: asks = try part.uint64() > 1
          default: break
          }
        }
      }
      return asks
    }
  }

  /// Whether the requests of a call name one collection that is there, or should be.
  static func isAboutCollection(_ service: String, _ method: String) -> Bool {
    switch service {
    case "qdrant.Points": true
    case "qdrant.Snapshots": !method.hasSuffix("Full")
    case "qdrant.Collections":
      ["Get", "CollectionExists", "Update", "Delete", "ListCollectionAliases"].contains(method)
    default: false
    }
  }

  /// The collection that a request names, empty where it names none; `nil` for a long request that
  /// does not begin with it: that is not worth reading it on an event loop.
  static func collectionOf(_ message: ByteBuffer) -> String? {
    if let name = leadingCollection(in: message) { return name }
    if message.readableBytes > BlockingWork.bytesWorthAHop { return nil }
    return collection(in: message) ?? ""
  }

  /// The collection that a request begins with, as those of all clients do.
  private static func leadingCollection(in message: ByteBuffer) -> String? {
    let start = message.readerIndex
    guard message.readableBytes > 2, message.getInteger(at: start, as: UInt8.self) == 1 << 3 | 2,
      let count = message.getInteger(at: start + 1, as: UInt8.self), count > 0
    else { return nil }
    if count < 0x80 { return message.getString(at: start + 2, length: Int(count)) }
    guard let high = message.getInteger(at: start + 2, as: UInt8.self), high < 0x80 else {
      return nil
    }
    return message.getString(at: start + 3, length: Int(high) << 7 | Int(count & 0x7F))
  }

  private static let points: [String: ServiceAction] = [
    "Upsert": .upsertPoints, "Delete": .deletePoints, "UpdateVectors": .updateVectors,
    "DeleteVectors": .deleteVectors, "SetPayload": .setPayload,
    "OverwritePayload": .overwritePayload, "DeletePayload": .deletePayload,
    "ClearPayload": .clearPayload, "UpdateBatch": .upsertPoints, "CreateFieldIndex": .createIndex,
    "DeleteFieldIndex": .deleteIndex, "CreateVectorName": .createVector,
    "DeleteVectorName": .deleteVector, "Get": .retrieve, "Scroll": .scroll, "Count": .count,
    "Facet": .facet, "SearchMatrixPairs": .matrix, "SearchMatrixOffsets": .matrix,
    "Query": .query, "QueryBatch": .query, "QueryGroups": .group, "Search": .query,
    "SearchBatch": .query, "SearchGroups": .group, "Recommend": .query, "RecommendBatch": .query,
    "RecommendGroups": .group, "Discover": .query, "DiscoverBatch": .query,
  ]

  private static let collections: [String: ServiceAction] = [
    "Get": .getCollection, "List": .listCollections, "CollectionExists": .collectionExists,
    "Create": .createCollection, "Update": .updateCollection, "Delete": .deleteCollection,
    "UpdateAliases": .changeAliases, "ListCollectionAliases": .listCollectionAliases,
    "ListAliases": .listAliases, "CollectionClusterInfo": .getShards,
    "ListShardKeys": .listShardKeys, "UpdateCollectionClusterSetup": .updateShards,
    "CreateShardKey": .createShardKey, "DeleteShardKey": .deleteShardKey,
  ]

  private static let snapshots: [String: ServiceAction] = [
    "Create": .createSnapshot, "List": .listSnapshots, "Delete": .deleteSnapshot,
    "CreateFull": .createFullSnapshot, "ListFull": .listFullSnapshots,
    "DeleteFull": .deleteFullSnapshot,
  ]
}
