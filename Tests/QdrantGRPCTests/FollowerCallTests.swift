import QdrantGRPC
import QdrantService
import Testing

/// What a server that follows another one does with each call that changes something: all others
/// only read, or are refused by every server.
struct FollowerCallTests {
  private static let sentOn: Set<String> = [
    "/qdrant.Points/Upsert", "/qdrant.Points/Delete", "/qdrant.Points/UpdateVectors",
    "/qdrant.Points/DeleteVectors", "/qdrant.Points/SetPayload",
    "/qdrant.Points/OverwritePayload", "/qdrant.Points/DeletePayload",
    "/qdrant.Points/ClearPayload", "/qdrant.Points/UpdateBatch",
    "/qdrant.Points/CreateFieldIndex", "/qdrant.Points/DeleteFieldIndex",
    "/qdrant.Points/CreateVectorName", "/qdrant.Points/DeleteVectorName",
    "/qdrant.Collections/Create", "/qdrant.Collections/Update", "/qdrant.Collections/Delete",
    "/qdrant.Collections/UpdateAliases",
  ]
  private static let own: Set<String> = [
    "/qdrant.Snapshots/Create", "/qdrant.Snapshots/Delete", "/qdrant.Snapshots/CreateFull",
    "/qdrant.Snapshots/DeleteFull",
  ]
  private static let refusedEverywhere: Set<String> = [
    "/qdrant.Collections/UpdateCollectionClusterSetup", "/qdrant.Collections/CreateShardKey",
    "/qdrant.Collections/DeleteShardKey",
  ]
  private static let reading = [
    "Get", "List", "Scroll", "Count", "Facet", "Query", "Search", "Recommend", "Discover",
    "Collection", "Health", "Check", "Watch", "ServerReflectionInfo",
  ]

  @Test func everyCallHasItsPart() {
    let parts = RequestReaders().followerParts
    func calls(_ part: FollowerPart) -> Set<String> { Set(parts.filter { $0.value == part }.keys) }
    #expect(calls(.sendsOn) == Self.sentOn)
    #expect(calls(.changesItself) == Self.own)
    #expect(calls(.answersAsAnyServer) == Self.refusedEverywhere)
    #expect(calls(.refuses) == [])
    for call in calls(.reads) where !call.hasPrefix("/qdrant.StorageRead/") {
      let name = call.split(separator: "/").last ?? ""
      #expect(Self.reading.contains { name.hasPrefix($0) }, "\(call) is in no list")
    }
  }
}
