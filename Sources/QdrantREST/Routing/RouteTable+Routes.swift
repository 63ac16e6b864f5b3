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
    return [
      Route(.get, "/", .open, service.root),
      Route(.get, "/healthz", .open, service.liveness),
      Route(.get, "/livez", .open, service.liveness),
      Route(.get, "/readyz", .open, service.readiness),
      Route(.get, "/telemetry", .anyKey, service.telemetry),
      Route(.get, "/metrics", .read, service.metrics),
      Route(.get, "/issues", .anyKey, service.issues),
      Route(.delete, "/issues", .manage, service.clearIssues),
      Route(.get, "/quotas", .read, quotas.read),
      Route(.put, "/quotas", .manage, quotas.set),
    ]
  }

  private static func collections(_ services: RESTServices) -> [Route] {
    let collections = CollectionsController(services: services)
    let aliases = AliasesController(services: services)
    let indexes = PayloadIndexController(services: services)
    let vectors = VectorNamesController(services: services)
    return [
      Route(.get, "/collections", .anyKey, collections.list),
      Route(.get, collection, .read, collections.describe),
      Route(.put, collection, .manage, collections.create),
      Route(.patch, collection, .manage, collections.update),
      Route(.delete, collection, .manage, collections.delete),
      Route(.get, collection + "/exists", .read, collections.exists),
      Route(.get, collection + "/optimizations", .read, collections.optimizations),
      Route(.get, collection + "/memory", .read, collections.memory),
      Route(.get, "/aliases", .anyKey, aliases.list),
      Route(.get, collection + "/aliases", .read, aliases.listOfCollection),
      Route(.post, "/collections/aliases", .manage, aliases.change),
      Route(.put, collection + "/index", .write, indexes.create),
      Route(.delete, collection + "/index/{field_name}", .write, indexes.delete),
      Route(.put, collection + "/vectors/{vector_name}", .write, vectors.add),
      Route(.delete, collection + "/vectors/{vector_name}", .write, vectors.drop),
    ]
  }

  private static func updates(_ services: RESTServices) -> [Route] {
    let updates = UpdatesController(services: services)
    return [
      Route(.put, points, .write, updates.update(RequestDecoder.upsert)),
      Route(.post, points + "/delete", .write, updates.update(RequestDecoder.deletePoints)),
      Route(.post, points + "/payload", .write, updates.update(RequestDecoder.setPayload)),
      Route(.put, points + "/payload", .write, updates.update(RequestDecoder.overwritePayload)),
      Route(
        .post, points + "/payload/delete", .write, updates.update(RequestDecoder.deletePayload)),
      Route(.post, points + "/payload/clear", .write, updates.update(RequestDecoder.clearPayload)),
      Route(.put, points + "/vectors", .write, updates.update(RequestDecoder.updateVectors)),
      Route(
        .post, points + "/vectors/delete", .write, updates.update(RequestDecoder.deleteVectors)),
      Route(.post, points + "/batch", .write, updates.batch),
    ]
  }

  private static func reads(_ services: RESTServices) -> [Route] {
    let reads = PointsController(services: services)
    return [
      Route(.post, points, .read, reads.retrieve),
      Route(.get, points + "/{id}", .read, reads.point),
      Route(.post, points + "/scroll", .read, reads.scroll),
      Route(.post, points + "/count", .read, reads.count),
      Route(.post, collection + "/facet", .read, reads.facet),
    ]
  }

  private static func queries(_ services: RESTServices) -> [Route] {
    let queries = QueryController(services: services)
    return [
      Route(.post, points + "/query", .read, queries.one(RequestDecoder.query, wrapped: true)),
      Route(
        .post, points + "/query/batch", .read,
        queries.many(RequestDecoder.queryBatch, wrapped: true)),
      Route(.post, points + "/query/groups", .read, queries.groups(RequestDecoder.queryGroups)),
      Route(.post, points + "/search", .read, queries.one(RequestDecoder.search)),
      Route(.post, points + "/search/batch", .read, queries.many(RequestDecoder.searchBatch)),
      Route(.post, points + "/search/groups", .read, queries.groups(RequestDecoder.searchGroups)),
      Route(.post, points + "/search/matrix/pairs", .read, queries.pairs),
      Route(.post, points + "/search/matrix/offsets", .read, queries.offsets),
      Route(.post, points + "/recommend", .read, queries.one(RequestDecoder.recommend)),
      Route(.post, points + "/recommend/batch", .read, queries.many(RequestDecoder.recommendBatch)),
      Route(
        .post, points + "/recommend/groups", .read,
        queries.groups(RequestDecoder.recommendGroups)),
      Route(.post, points + "/discover", .read, queries.one(RequestDecoder.discover)),
      Route(.post, points + "/discover/batch", .read, queries.many(RequestDecoder.discoverBatch)),
    ]
  }

  private static func snapshots(_ services: RESTServices) -> [Route] {
    let snapshots = SnapshotsController(services: services)
    let ofCollection = collection + "/snapshots"
    let shard = collection + "/shards/{shard_id}"
    let ofShard = shard + "/snapshots"
    let partial = shard + "/snapshot/partial"
    return [
      Route(.get, ofCollection, .read, snapshots.list),
      Route(.post, ofCollection, .write, snapshots.create),
      Route(.get, ofCollection + "/{snapshot_name}", .read, snapshots.download),
      Route(.delete, ofCollection + "/{snapshot_name}", .write, snapshots.delete),
      Route(.put, ofCollection + "/recover", .manage, snapshots.recover),
      Route(.post, ofCollection + "/upload", .manage, snapshots.upload),
      Route(.get, shard + "/snapshot", .write, snapshots.stream),
      Route(.get, partial + "/manifest", .write, snapshots.manifest),
      Route(.post, partial + "/create", .write, snapshots.partial),
      Route(.post, partial + "/recover", .manage, snapshots.upload),
      Route(.post, partial + "/recover_from", .manage, snapshots.recoverFromPeer),
      Route(.get, ofShard, .read, snapshots.list),
      Route(.post, ofShard, .write, snapshots.create),
      Route(.get, ofShard + "/{snapshot_name}", .read, snapshots.download),
      Route(.delete, ofShard + "/{snapshot_name}", .write, snapshots.delete),
      Route(.put, ofShard + "/recover", .manage, snapshots.recover),
      Route(.post, ofShard + "/upload", .manage, snapshots.upload),
      Route(.get, "/snapshots", .read, snapshots.list),
      Route(.post, "/snapshots", .manage, snapshots.create),
      Route(.get, "/snapshots/{snapshot_name}", .read, snapshots.download),
      Route(.delete, "/snapshots/{snapshot_name}", .manage, snapshots.delete),
    ]
  }

  /// Open, as the page that asks for the key must be.
  private static func pages(_ services: RESTServices) -> [Route] {
    guard let pages = DashboardController(services.settings, services.logger) else { return [] }
    let rest = "/{\(DashboardController.path)...}"
    return [
      Route(.get, "/dashboard", .open, pages.first),
      Route(.get, "/dashboard" + rest, .open, pages.page),
    ]
  }

  private static func clusters(_ services: RESTServices) -> [Route] {
    let clusters = ClusterController(services: services)
    return [
      Route(.get, "/cluster", .read, clusters.status),
      Route(.get, "/cluster/telemetry", .anyKey, clusters.telemetry),
      Route(.post, "/cluster/recover", .manage, clusters.recover),
      Route(.delete, "/cluster/peer/{peer_id}", .manage, clusters.removePeer),
      Route(.get, collection + "/cluster", .read, clusters.shards),
      Route(.post, collection + "/cluster", .manage, clusters.change),
      Route(.get, collection + "/shards", .read, clusters.shardKeys),
      Route(.put, collection + "/shards", .manage, clusters.change),
      Route(.post, collection + "/shards/delete", .manage, clusters.change),
    ]
  }
}
