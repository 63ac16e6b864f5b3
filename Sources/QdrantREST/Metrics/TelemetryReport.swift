import FastJSON
import PointModel
import QdrantAPI
import QdrantService
import ServiceProcess
import VectorDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The answer of `GET /telemetry`: the more, the higher the level asked for.
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
      var seconds = time(nil)
      var parts = tm()
      gmtime_r(&seconds, &parts)
      var text = [CChar](repeating: 0, count: 32)
      let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
      startup = String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  let services: RESTServices
  let identity: Identity
  let level: Int

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("id")
    writer.string(identity.id)
    writer.key("app")
    writeApp(&writer)
    writer.key("collections")
    writeCollections(&writer)
    writer.key("cluster")
    writer.beginObject()
    writer.key("enabled")
    writer.bool(false)
    writer.endObject()
    if level > 0 {
      writer.key("requests")
      writeRequests(&writer)
      writer.key("memory")
      writeMemory(&writer)
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
    }
    writer.key("jwt_rbac")
    writer.bool(false)
    writer.key("startup")
    writer.string(identity.startup)
    writer.endObject()
  }

  private func writeCollections(_ writer: inout JSONWriter) {
    let collections = services.api.state.openDatabase?.collections ?? []
    writer.beginObject()
    writer.key("number_of_collections")
    writer.integer(collections.count)
    if level > 0 {
      writer.key("collections")
      writer.beginArray()
      for collection in collections { write(collection, &writer) }
      writer.endArray()
    }
    writer.endObject()
  }

  private func write(_ collection: PointCollection, _ writer: inout JSONWriter) {
    let info = collection.info()
    writer.beginObject()
    writer.key("id")
    writer.string(collection.name)
    writer.key("points_count")
    writer.integer(info.pointsCount)
    writer.key("vectors_size_bytes")
    writer.integer(info.vectorBytes)
    writer.key("memory_bytes")
    writer.beginObject()
    for part in collection.memory().parts {
      writer.key(part.name)
      writer.integer(part.bytes)
    }
    writer.endObject()
    if let update = info.unfinishedUpdate {
      writer.key("unfinished_update")
      update.write(to: &writer)
    }
    if level > 1 {
      writer.key("config")
      info.config.write(to: &writer)
    }
    if level > 2 { writer.writeShards(of: info) }
    writer.endObject()
  }

  private func writeRequests(_ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("rest")
    writer.beginObject()
    writer.key("responses")
    writer.beginObject()
    let routes = Dictionary(grouping: services.metrics.snapshot()) {
      "\($0.key.method) \($0.key.endpoint)"
    }
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
    writer.endObject()
    writer.key("grpc")
    writer.beginObject()
    writer.key("responses")
    writer.beginObject()
    writer.endObject()
    writer.endObject()
    writer.endObject()
  }

  private func write(_ durations: DurationHistogram, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("count")
    writer.integer(durations.count)
    writer.key("avg_duration_micros")
    writer.double(durations.averageSeconds * 1e6)
    writer.key("min_duration_micros")
    writer.double(durations.minSeconds * 1e6)
    writer.key("max_duration_micros")
    writer.double(durations.maxSeconds * 1e6)
    writer.key("total_duration_micros")
    writer.integer(Int(durations.totalSeconds * 1e6))
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
    RoomReport(services: services).writeMembers(to: &writer)
    writer.endObject()
  }
}
