import FastJSON
import PointModel
import QdrantAPI
import QdrantService
import ServiceProcess
import VectorDB

/// The answer of `GET /telemetry`: the more, the higher the level asked for. Its members are those
/// of Qdrant, level by level; what else there is to say is in `/metrics`, `/issues` and the answers
/// about a collection.
struct TelemetryReport {
  /// What identifies one run of the server.
  struct Identity: Sendable {
    let id: String
    /// When the process started, in UTC as RFC 3339 has it.
    let startup: String

    init() {
      var generator = SystemRandomNumberGenerator()
      let high = generator.next() & ~0xF000 | 0x4000
      let low = generator.next() & ~(0xC0 << 56) | (0x80 << 56)
      id = PointUUID(high: high, low: low).description
      startup = Moment.text(Moment.now)
    }
  }

  let services: RESTServices
  let identity: Identity
  /// What the caller may see.
  let access: Access
  let level: Int
  /// Whether nothing may be said that tells whose server it is: names of collections and vectors.
  let isAnonymous: Bool
  /// Whether answers are counted by collection, too.
  let isPerCollection: Bool

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("id")
    writer.string(identity.id)
    writer.key("app")
    writeApp(&writer)
    writer.key("collections")
    writeCollections(&writer)
    if access.isGlobal {
      writer.key("cluster")
      writer.beginObject()
      writer.key("enabled")
      writer.bool(false)
      writer.endObject()
      writer.key("requests")
      writeRequests(&writer)
    }
    if level > 0, access.isGlobal {
      writer.key("memory")
      writeMemory(&writer)
      writer.key("hardware")
      writer.writeNothingMeasured()
      writer.key("search_pool")
      writePool(&writer)
    }
    if access.isGlobal, let database = services.api.state.openDatabase {
      writer.key("quota")
      writer.write(database.quotas, exceeded: database.quotasExceeded)
    }
    writer.endObject()
  }

  private func writeApp(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("name")
    writer.string("quiver")
    writer.key("version")
    writer.string(Release.contractVersion)
    writer.key("quiver_version")
    writer.string(Release.version)
    writer.key("durability")
    writer.string(services.settings.durabilityText)
    if level > 0 {
      writer.key("features")
      writer.beginObject()
      let features: [(StaticString, Bool)] = [
        ("debug", false), ("service_debug_feature", false), ("recovery_mode", false),
        ("gpu", false), ("rocksdb", true), ("staging", false),
      ]
      for (name, isOn) in features {
        writer.key(name)
        writer.bool(isOn)
      }
      writer.endObject()
      writer.key("system")
      writer.write(MachineDescription.here)
    }
    writer.key("jwt_rbac")
    writer.bool(services.settings.acceptsTokens)
    // Where it is kept is nobody's business who sees only some of the collections.
    if access.isGlobal, let (settings, bytes) = services.api.auditUse {
      writer.key("audit")
      writer.write(settings, bytes: level > 2 ? bytes : nil)
    }
    writer.key("startup")
    writer.string(identity.startup)
    writer.endObject()
  }

  private func writeCollections(_ writer: inout JSONWriter) {
    let collections = (services.api.state.openDatabase?.collections ?? []).filter {
      access.permitsListing($0.name)
    }
    writer.beginObject()
    writer.key("number_of_collections")
    writer.integer(collections.count)
    if let most = services.settings.maxCollections {
      writer.key("max_collections")
      writer.integer(most)
    }
    if level > 0, !isAnonymous {
      writer.key("collections")
      writer.beginArray()
      for collection in collections { writer.write(collection, detail: level) }
      writer.endArray()
      writer.key("snapshots")
      writer.beginArray()
      writer.endArray()
    }
    writer.endObject()
  }

  private func writeRequests(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("rest")
    write(services.metrics, &writer)
    writer.key("grpc")
    write(services.api.state.grpcAnswers, &writer)
    writer.endObject()
  }

  private func write(_ metrics: RequestMetrics, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("responses")
    write(metrics.snapshot(), &writer)
    if isPerCollection, !isAnonymous, let database = services.api.state.openDatabase {
      let found = metrics.byCollection { (try? database.collection(named: $0)) != nil }
      writer.key("per_collection_responses")
      writer.beginObject()
      for (name, groups) in found where access.permitsListing(name) {
        writer.key(name)
        write(groups, &writer)
      }
      writer.endObject()
    }
    writer.endObject()
  }

  private func write(_ groups: RequestMetrics.Groups, _ writer: inout JSONWriter) {
    let routes = Dictionary(grouping: groups) { $0.key.route }
    writer.beginObject()
    for (route, groups) in routes.sorted(by: { $0.key < $1.key }) {
      writer.key(route)
      writer.beginObject()
      for group in groups {
        writer.key(String(group.key.status))
        write(group.durations, &writer)
      }
      writer.endObject()
    }
    writer.endObject()
  }

  private func write(_ durations: DurationHistogram, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("count")
    writer.integer(durations.count)
    writer.key("avg_duration_micros")
    writer.double(durations.averageSeconds * 1e6)
    if level > 0 {
      writer.key("min_duration_micros")
      writer.double(durations.minSeconds * 1e6)
      writer.key("max_duration_micros")
      writer.double(durations.maxSeconds * 1e6)
      writer.key("total_duration_micros")
      writer.integer(Int(durations.totalSeconds * 1e6))
      writer.key("last_responded")
      writer.string(Moment.text(durations.lastMoment))
    }
    writer.endObject()
  }

  private func writeMemory(_ writer: inout JSONWriter) {
    let figures = ProcessStatistics.collect()
    let members: [(StaticString, Int)] = [
      ("active_bytes", figures.activeBytes), ("allocated_bytes", figures.allocatedBytes),
      ("metadata_bytes", 0), ("resident_bytes", figures.residentBytes),
      ("retained_bytes", figures.retainedBytes),
    ]
    writer.beginObject()
    for (name, value) in members {
      writer.key(name)
      writer.integer(value)
    }
    writer.endObject()
  }

  /// Searches compute: none of the threads is there to wait for files.
  private func writePool(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("mode")
    writer.string("high_cpu")
    writer.key("high_cpu_threads")
    writer.integer(services.api.state.openDatabase?.searchThreadCount ?? 0)
    writer.key("high_io_threads")
    writer.integer(0)
    writer.endObject()
  }
}

extension JSONWriter {
  /// What requests have taken of the machine, collection by collection: it is not measured.
  fileprivate mutating func writeNothingMeasured() {
    beginObject()
    key("collection_data")
    beginObject()
    endObject()
    endObject()
  }

  fileprivate mutating func write(
    _ config: QuotaConfig, exceeded: (memory: Bool, disk: Bool)
  ) {
    beginObject()
    key("config")
    config.write(to: &self)
    key("exceeded")
    beginObject()
    if config.isEnabled, config.maxResidentMemoryPercent != nil {
      key("resident_memory")
      bool(exceeded.memory)
    }
    if config.isEnabled, config.maxDiskUsagePercent != nil {
      key("disk_usage")
      bool(exceeded.disk)
    }
    endObject()
    endObject()
  }

  fileprivate mutating func write(_ machine: MachineDescription) {
    beginObject()
    key("is_docker")
    bool(machine.isContainer)
    key("cores")
    integer(machine.cores)
    key("ram_size")
    integer(machine.memoryKibibytes)
    key("cpu_flags")
    string(machine.features)
    key("cpu_endian")
    string("little")
    endObject()
  }
}
