import HTTPTypes
import QdrantAPI
import QdrantService

extension RouteTable {
  /// Every route that the server knows, each declared once.
  init(services: RESTServices, commit: String) {
    self.init(
      Self.service(services, commit) + Self.collections(services) + Self.updates(services)
        + Self.reads(services) + Self.queries(services) + Self.snapshots(services)
        + Self.clusters(services) + Self.pages(services))
  }

  private static let collection = "/collections/{collection_name}"
  private static let points = collection + "/points"

  private static func service(_ services: RESTServices, _ commit: String) -> [Route] {
    let service = ServiceController(services: services, commit: commit)
    let quotas = QuotasController(services: services)
    let audit = AuditController(services: services)
    return [
      Route(.get, "/", .root, service.root),
      Route(.get, "/healthz", .healthCheck, service.liveness),
      Route(.get, "/livez", .healthCheck, service.liveness),
      Route(.get, "/readyz", .healthCheck, service.readiness),
      Route(.get, "/telemetry", .telemetry, service.telemetry),
      Route(.get, "/metrics", .metrics, service.metrics),
      Route(.get, "/issues", .issues, service.issues),
      Route(.delete, "/issues", .clearIssues, service.clearIssues),
      Route(.get, "/logger", .getLogger, service.logger),
      Route(.post, "/logger", .updateLogger, service.setLogger),
      Route(.post, "/audit/logs", .getAuditLogs, audit.search),
      Route(.get, "/quotas", .getQuotas, quotas.read),
      Route(.put, "/quotas", .updateQuotas, quotas.set),
    ]
  }

  private static func collections(_ services: RESTServices) -> [Route] {
    let collections = CollectionsController(services: services)
    let aliases = AliasesController(services: services)
    let indexes = PayloadIndexController(services: services)
    let vectors = VectorNamesController(services: services)
    return [
      Route(.get, "/collections", .listCollections, collections.list),
      Route(.get, collection, .getCollection, collections.describe),
      Route(.put, collection, .createCollection, collections.create),
      Route(.patch, collection, .updateCollection, collections.update),
      Route(.delete, collection, .deleteCollection, collections.delete),
      Route(.get, collection + "/exists", .collectionExists, collections.exists),
      Route(.get, collection + "/optimizations", .getOptimizations, collections.optimizations),
      Route(.get, collection + "/memory", .getMemory, collections.memory),
      Route(.get, "/aliases", .listAliases, aliases.list),
      Route(.get, collection + "/aliases", .listCollectionAliases, aliases.listOfCollection),
      Route(.post, "/collections/aliases", .changeAliases, aliases.change),
      Route(.put, collection + "/index", .createIndex, indexes.create),
      Route(.delete, collection + "/index/{field_name}", .deleteIndex, indexes.delete),
      Route(.put, collection + "/vectors/{vector_name}", .createVector, vectors.add),
      Route(.delete, collection + "/vectors/{vector_name}", .deleteVector, vectors.drop),
    ]
  }

  private static func updates(_ services: RESTServices) -> [Route] {
    let updates = UpdatesController(services: services)
    return [
      Route(.put, points, .upsertPoints, updates.update(RequestDecoder.upsert)),
      Route(.post, points + "/delete", .deletePoints, updates.update(RequestDecoder.deletePoints)),
      Route(.post, points + "/payload", .setPayload, updates.update(RequestDecoder.setPayload)),
      Route(
        .put, points + "/payload", .overwritePayload,
        updates.update(RequestDecoder.overwritePayload)),
      Route(
        .post, points + "/payload/delete", .deletePayload,
        updates.update(RequestDecoder.deletePayload)),
      Route(
        .post, points + "/payload/clear", .clearPayload, updates.update(RequestDecoder.clearPayload)
      ),
      Route(
        .put, points + "/vectors", .updateVectors, updates.update(RequestDecoder.updateVectors)),
      Route(
        .post, points + "/vectors/delete", .deleteVectors,
        updates.update(RequestDecoder.deleteVectors)),
      Route(.post, points + "/batch", .upsertPoints, updates.batch),
    ]
  }

  private static func reads(_ services: RESTServices) -> [Route] {
    let reads = PointsController(services: services)
    return [
      Route(.post, points, .retrieve, reads.retrieve),
      Route(.get, points + "/{id}", .retrieve, reads.point),
      Route(.post, points + "/scroll", .scroll, reads.scroll),
      Route(.post, points + "/count", .count, reads.count),
      Route(.post, collection + "/facet", .facet, reads.facet),
    ]
  }

  private static func queries(_ services: RESTServices) -> [Route] {
    let queries = QueryController(services: services)
    return [
      Route(.post, points + "/query", .query, queries.one(RequestDecoder.query, wrapped: true)),
      Route(
        .post, points + "/query/batch", .query,
        queries.many(RequestDecoder.queryBatch, wrapped: true)),
      Route(.post, points + "/query/groups", .group, queries.groups(RequestDecoder.queryGroups)),
      Route(.post, points + "/search", .query, queries.one(RequestDecoder.search)),
      Route(.post, points + "/search/batch", .query, queries.many(RequestDecoder.searchBatch)),
      Route(.post, points + "/search/groups", .group, queries.groups(RequestDecoder.searchGroups)),
      Route(.post, points + "/search/matrix/pairs", .matrix, queries.pairs),
      Route(.post, points + "/search/matrix/offsets", .matrix, queries.offsets),
      Route(.post, points + "/recommend", .query, queries.one(RequestDecoder.recommend)),
      Route(
        .post, points + "/recommend/batch", .query, queries.many(RequestDecoder.recommendBatch)),
      Route(
        .post, points + "/recommend/groups", .group,
        queries.groups(RequestDecoder.recommendGroups)),
      Route(.post, points + "/discover", .query, queries.one(RequestDecoder.discover)),
      Route(.post, points + "/discover/batch", .query, queries.many(RequestDecoder.discoverBatch)),
    ]
  }

  private static func snapshots(_ services: RESTServices) -> [Route] {
    let snapshots = SnapshotsController(services: services)
    let ofCollection = collection + "/snapshots"
    let shard = collection + "/shards/{shard_id}"
    let ofShard = shard + "/snapshots"
    let partial = shard + "/snapshot/partial"
    return [
      Route(.get, ofCollection, .listSnapshots, snapshots.list),
      Route(.post, ofCollection, .createSnapshot, snapshots.create),
      Route(.get, ofCollection + "/{snapshot_name}", .downloadSnapshot, snapshots.download),
      Route(.delete, ofCollection + "/{snapshot_name}", .deleteSnapshot, snapshots.delete),
      Route(.put, ofCollection + "/recover", .recoverSnapshot, snapshots.recover),
      Route(.post, ofCollection + "/upload", .recoverSnapshot, snapshots.upload),
      Route(.get, shard + "/snapshot", .streamShardSnapshot, snapshots.stream),
      Route(.get, partial + "/manifest", .partialSnapshotManifest, snapshots.manifest),
      Route(.post, partial + "/create", .streamShardSnapshot, snapshots.partial),
      Route(.post, partial + "/recover", .recoverShardSnapshot, snapshots.upload),
      Route(.post, partial + "/recover_from", .recoverPartialSnapshot, snapshots.recoverFromPeer),
      Route(.get, ofShard, .listShardSnapshots, snapshots.list),
      Route(.post, ofShard, .createShardSnapshot, snapshots.create),
      Route(.get, ofShard + "/{snapshot_name}", .downloadShardSnapshot, snapshots.download),
      Route(.delete, ofShard + "/{snapshot_name}", .deleteShardSnapshot, snapshots.delete),
      Route(.put, ofShard + "/recover", .recoverShardSnapshot, snapshots.recover),
      Route(.post, ofShard + "/upload", .recoverShardSnapshot, snapshots.upload),
      Route(.get, "/snapshots", .listFullSnapshots, snapshots.list),
      Route(.post, "/snapshots", .createFullSnapshot, snapshots.create),
      Route(.get, "/snapshots/{snapshot_name}", .downloadFullSnapshot, snapshots.download),
      Route(.delete, "/snapshots/{snapshot_name}", .deleteFullSnapshot, snapshots.delete),
    ]
  }

  /// Open, as the page that asks for the key must be.
  private static func pages(_ services: RESTServices) -> [Route] {
    guard let pages = DashboardController(services.settings, services.logger) else { return [] }
    let rest = "/{\(DashboardController.path)...}"
    return [
      Route(.get, "/dashboard", .dashboard, pages.first),
      Route(.get, "/dashboard" + rest, .dashboard, pages.page),
    ]
  }

  private static func clusters(_ services: RESTServices) -> [Route] {
    let clusters = ClusterController(services: services)
    return [
      Route(.get, "/cluster", .clusterStatus, clusters.status),
      Route(.get, "/cluster/telemetry", .clusterTelemetry, clusters.telemetry),
      Route(.post, "/cluster/recover", .recoverPeer, clusters.recover),
      Route(.delete, "/cluster/peer/{peer_id}", .removePeer, clusters.removePeer),
      Route(.get, collection + "/cluster", .getShards, clusters.shards),
      Route(.post, collection + "/cluster", .updateShards, clusters.change),
      Route(.get, collection + "/shards", .listShardKeys, clusters.shardKeys),
      Route(.put, collection + "/shards", .createShardKey, clusters.change),
      Route(.post, collection + "/shards/delete", .deleteShardKey, clusters.change),
    ]
  }
}
