import QdrantService
import Testing

/// What a server that follows another one does with each route: what is written here is what the
/// documentation promises. A route that is in none of the lists only reads.
@Suite struct FollowerTableTests {
  private static let c = "/collections/{collection_name}"
  private static let p = c + "/points"
  private static let s = c + "/shards/{shard_id}"

  private static let changes: [FollowerPart: Set<String>] = [
    .sendsOn: [
      "PUT \(c)", "PATCH \(c)", "DELETE \(c)", "POST /collections/aliases", "PUT \(c)/index",
      "DELETE \(c)/index/{field_name}", "PUT \(c)/vectors/{vector_name}",
      "DELETE \(c)/vectors/{vector_name}", "PUT \(p)", "POST \(p)/batch", "POST \(p)/delete",
      "PUT \(p)/vectors", "POST \(p)/vectors/delete", "POST \(p)/payload", "PUT \(p)/payload",
      "POST \(p)/payload/delete", "POST \(p)/payload/clear",
    ],
    .refuses: [
      "PUT \(c)/snapshots/recover", "POST \(c)/snapshots/upload", "PUT \(s)/snapshots/recover",
      "POST \(s)/snapshots/upload", "POST \(s)/snapshot/partial/recover",
      "POST \(s)/snapshot/partial/recover_from",
    ],
    .changesItself: [
      "POST \(c)/snapshots", "DELETE \(c)/snapshots/{snapshot_name}", "POST \(s)/snapshots",
      "DELETE \(s)/snapshots/{snapshot_name}", "POST /snapshots",
      "DELETE /snapshots/{snapshot_name}", "PUT /quotas", "DELETE /issues", "POST /logger",
    ],
    .answersAsAnyServer: [
      "POST \(c)/cluster", "PUT \(c)/shards", "POST \(c)/shards/delete", "POST /cluster/recover",
      "DELETE /cluster/peer/{peer_id}",
    ],
  ]

  /// Routes with a method that changes things elsewhere, and which only read.
  private static let reads: Set<String> = [
    "POST \(p)", "POST \(p)/scroll", "POST \(p)/count", "POST \(c)/facet", "POST \(p)/query",
    "POST \(p)/query/batch", "POST \(p)/query/groups", "POST \(p)/search",
    "POST \(p)/search/batch", "POST \(p)/search/groups", "POST \(p)/search/matrix/pairs",
    "POST \(p)/search/matrix/offsets", "POST \(p)/recommend", "POST \(p)/recommend/batch",
    "POST \(p)/recommend/groups", "POST \(p)/discover", "POST \(p)/discover/batch",
    "POST \(s)/snapshot/partial/create", "POST /audit/logs",
  ]

  @Test func everyRouteHasItsPart() async throws {
    try await ServerFixture.run { server in
      #expect(Set(server.routes) == Set(server.followerParts.keys))
      for part in FollowerPart.allCases {
        let found = Set(server.followerParts.filter { $0.value == part }.keys)
        if part == .reads {
          #expect(found.filter { !$0.hasPrefix("GET ") } == Self.reads)
        } else {
          #expect(found == Self.changes[part])
        }
      }
    }
  }
}
