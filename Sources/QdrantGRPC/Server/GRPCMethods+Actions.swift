import NIOCore
import ProtoWire
import QdrantAPI
import QdrantService

/// What each call asks for, so that whoever may not is refused before the request is looked at.
extension GRPCMethods {
  /// The action of a call; `nil` for those that are open to all.
  static func action(_ service: String, _ method: String) -> ServiceAction? {
    switch service {
    case "qdrant.Points": points[method]
    case "qdrant.Collections": collections[method]
    case "qdrant.Snapshots": snapshots[method]
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
