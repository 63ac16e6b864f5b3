import PointModel
import QdrantService
import Replication
import RequestTracing
import ServiceProcess
import VectorDB

/// The answer of `GET /metrics`, under the names and types that Qdrant uses.
struct MetricsReport {
  let services: RESTServices
  /// Whether answers are counted collection by collection.
  let isPerCollection: Bool

  func text() -> String {
    var text = MetricsText()
    text.family(
      "app_info", .gauge, "information about qdrant server",
      [(labels: [("name", "qdrant"), ("version", Release.contractVersion)], value: 1)])
    text.single("app_status_recovery_mode", .gauge, "whether the server is in recovery mode", 0)
    addCollections(to: &text)
    text.single("cluster_enabled", .gauge, "is cluster support enabled", 0)
    let database = isPerCollection ? services.api.state.openDatabase : nil
    let isThere = database.map { database in
      { name in (try? database.collection(named: name)) != nil }
    }
    text.addResponses(services.metrics, byCollectionWhere: isThere)
    text.addResponses(services.api.state.grpcAnswers, .grpc, byCollectionWhere: isThere)
    text.addProcess()
    RoomReport(services: services).add(to: &text)
    text.single(
      "request_body_bytes_in_flight", .gauge, "bytes of request bodies held in memory",
      Double(services.bodies.budget.taken))
    services.api.tracer.queue?.write(to: &text)
    services.api.state.replication?.status.write(to: &text)
    if let (_, bytes) = services.api.auditUse {
      text.single(
        "audit_log_dir_size_bytes", .gauge, "size of the audit log on disk in bytes",
        Double(bytes))
    }
    return text.text
  }

  private func addCollections(to text: inout MetricsText) {
    let collections = services.api.state.openDatabase?.collections ?? []
    let infos = collections.map { (name: $0.name, info: $0.info()) }
    text.single("collections_total", .gauge, "number of collections", Double(infos.count))
    var vectors: [(labels: MetricsText.Labels, value: Double)] = []
    for (name, info) in infos {
      for vector in info.vectors {
        let labels = [(name: "collection", value: name), (name: "vector", value: vector.name)]
        vectors.append((labels, Double(vector.count)))
      }
    }
    text.single(
      "collections_vector_total", .gauge, "total number of vectors in all collections",
      vectors.reduce(0) { $0 + $1.value })
    text.family(
      "collection_vectors", .gauge, "amount of vectors grouped by vector name", vectors)
    text.family(
      "collection_points", .gauge, "approximate amount of points per collection",
      infos.map { (labels: [("id", $0.name)], value: Double($0.info.pointsCount)) })
    text.family(
      "collection_running_optimizations", .gauge, "running optimization tasks per collection",
      infos.map { name, info in
        let running = info.indexes.count { $0.state.progress != nil }
        return (labels: [("id", name)], value: Double(running))
      })
    text.family(
      "collection_update_queue_length", .gauge, "writes taken and not yet done, per collection",
      infos.map { (labels: [("id", $0.name)], value: Double($0.info.updateQueueLength)) })
    addIndexes(of: infos, to: &text)
    let replicas: Double = infos.isEmpty ? 0 : 1
    text.single(
      "collection_active_replicas_min", .gauge,
      "minimum number of active replicas across all shards", replicas)
    text.single(
      "collection_active_replicas_max", .gauge,
      "maximum number of active replicas across all shards", replicas)
    text.single(
      "collection_dead_replicas", .gauge,
      "total amount of shard replicas in non-active state",
      Double(infos.count { $0.info.damage != nil }))
  }

  private func addIndexes(
    of infos: [(name: String, info: CollectionInfo)], to text: inout MetricsText
  ) {
    var progress: [(labels: MetricsText.Labels, value: Double)] = []
    var tails: [(labels: MetricsText.Labels, value: Double)] = []
    for (name, info) in infos {
      for index in info.indexes where index.state != .none {
        let labels = [(name: "collection", value: name), (name: "vector", value: index.vector)]
        let share = index.state.progress ?? (index.state == .ready ? 1 : 0)
        progress.append((labels, share))
        tails.append((labels, Double(index.tailRows)))
      }
    }
    text.family(
      "collection_index_progress", .gauge,
      "share of an index build that is done; 0 while it waits, 1 when the index is ready",
      progress)
    text.family(
      "collection_index_tail_points", .gauge,
      "points that are searched exactly until the index has them", tails)
  }
}
