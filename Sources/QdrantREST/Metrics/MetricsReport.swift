import PointModel
import VectorDB

/// The answer of `GET /metrics`, under the names and types that Qdrant uses.
struct MetricsReport {
  let services: RESTServices

  func text() -> String {
    var text = MetricsText()
    text.family(
      "app_info", .gauge, "information about the server",
      [(labels: [("name", "quiver"), ("version", Release.contractVersion)], value: 1)])
    text.single("app_status_recovery_mode", .gauge, "whether the server is in recovery mode", 0)
    addCollections(to: &text)
    text.single("cluster_enabled", .gauge, "is cluster support enabled", 0)
    addResponses(to: &text)
    addProcess(to: &text)
    RoomReport(services: services).add(to: &text)
    text.single(
      "request_body_bytes_in_flight", .gauge, "bytes of request bodies held in memory",
      Double(services.bodies.budget.capacity - services.bodies.budget.available))
    return text.text
  }

  private func addCollections(to text: inout MetricsText) {
    let collections = services.state.openDatabase?.collections ?? []
    let infos = collections.map { (name: $0.name, info: $0.info()) }
    text.single("collections_total", .gauge, "number of collections", Double(infos.count))
    var vectors: [(labels: MetricsText.Labels, value: Double)] = []
    for (name, info) in infos {
      for vector in info.config.vectors.all {
        let labels = [(name: "collection", value: name), (name: "vector", value: vector.name)]
        vectors.append((labels, Double(info.pointsCount)))
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
      "total amount of shard replicas in non-active state", 0)
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

  private func addResponses(to text: inout MetricsText) {
    let groups = services.metrics.snapshot().map { group in
      (
        labels: [
          (name: "method", value: group.key.method),
          (name: "endpoint", value: group.key.endpoint),
          (name: "status", value: String(group.key.status)),
        ], status: group.key.status, durations: group.durations
      )
    }
    text.family(
      "rest_responses_total", .counter, "total number of responses",
      groups.map { ($0.labels, Double($0.durations.count)) })
    text.family(
      "rest_responses_fail_total", .counter, "total number of failed responses",
      groups.map { ($0.labels, $0.status >= 500 ? Double($0.durations.count) : 0) })
    let timed = groups.filter { $0.status == 200 }
    text.family(
      "rest_responses_avg_duration_seconds", .gauge, "average response duration",
      timed.map { ($0.labels, $0.durations.averageSeconds) })
    text.family(
      "rest_responses_min_duration_seconds", .gauge, "minimum response duration",
      timed.map { ($0.labels, $0.durations.minSeconds) })
    text.family(
      "rest_responses_max_duration_seconds", .gauge, "maximum response duration",
      timed.map { ($0.labels, $0.durations.maxSeconds) })
    text.histograms(
      "rest_responses_duration_seconds", "response duration histogram",
      timed.map { ($0.labels, $0.durations) })
  }

  private func addProcess(to text: inout MetricsText) {
    let figures = ProcessStatistics.collect()
    let gauges: [(name: String, help: String, value: Int)] = [
      ("memory_active_bytes", "bytes of private data in physical memory", figures.activeBytes),
      ("memory_allocated_bytes", "bytes of private data mapped", figures.allocatedBytes),
      ("memory_metadata_bytes", "bytes dedicated to allocator metadata", 0),
      ("memory_resident_bytes", "bytes in physically resident pages", figures.residentBytes),
      ("memory_retained_bytes", "bytes in virtual memory mappings", figures.retainedBytes),
      ("process_threads", "count of active threads", figures.threads),
      ("process_open_mmaps", "count of open mmaps", figures.mappings),
      ("system_max_mmaps", "system wide limit of open mmaps", figures.maxMappings),
      ("process_open_fds", "count of currently open file descriptors", figures.openFiles),
      ("process_max_fds", "limit for open file descriptors", figures.maxFiles),
    ]
    for gauge in gauges { text.single(gauge.name, .gauge, gauge.help, Double(gauge.value)) }
    let counters: [(name: String, help: String, value: Int)] = [
      ("process_minor_page_faults_total", "page faults without disk access", figures.minorFaults),
      ("process_major_page_faults_total", "page faults with disk access", figures.majorFaults),
      (
        "process_minor_page_faults_children_total",
        "page faults without disk access of waited-for child processes", figures.childMinorFaults
      ),
      (
        "process_major_page_faults_children_total",
        "page faults with disk access of waited-for child processes", figures.childMajorFaults
      ),
    ]
    for counter in counters {
      text.single(counter.name, .counter, counter.help, Double(counter.value))
    }
  }
}
