import QdrantService
import ServiceProcess
import VectorDB
import VectorIndex

/// Memory by the formula, part by part, and the room that is left: beside the measured figures in
/// `/metrics`.
struct RoomReport {
  let services: RESTServices

  func add(to text: inout MetricsText) {
    guard let database = services.api.state.openDatabase else { return }
    let memory = database.memory()
    var samples: [(labels: MetricsText.Labels, value: Double)] = []
    for collection in database.collections {
      for part in collection.memory().parts {
        samples.append(
          (
            labels: [("collection", collection.name), ("part", String(describing: part.name))],
            value: Double(part.bytes)
          ))
      }
    }
    text.family(
      "collection_memory_bytes", .gauge, "memory of a collection by the formula", samples)
    text.family(
      "memory_formula_part_bytes", .gauge, "memory of the process by the formula, in parts",
      memory.parts.map {
        (labels: [("part", String(describing: $0.name))], value: Double($0.bytes))
      })
    text.single(
      "memory_formula_bytes", .gauge, "memory of the process by the formula",
      Double(memory.total))
    let reads = database.vectorReads
    for (name, help, value) in [
      ("vector_file_reads_total", "reads of files of vectors", reads.reads),
      ("vector_file_pages_total", "pages of these reads", reads.pages),
      ("vector_cache_hits_total", "vectors on disk that were found in memory", reads.hits),
    ] {
      text.single(name, .counter, help, Double(value))
    }
    let room = database.room
    let limits = services.settings.roomLimits
    for (name, help, value) in [
      ("storage_disk_bytes", "size of the data directory", room.disk),
      ("storage_disk_free_bytes", "free space of the data directory's file system", room.diskFree),
      ("storage_limit_memory_bytes", "configured memory limit, 0 for none", limits.memoryBytes),
      ("storage_limit_disk_bytes", "configured disk limit, 0 for none", limits.diskBytes),
      (
        "storage_disk_reserve_bytes", "free space that writes leave", limits.diskReserveBytes
      ),
    ] {
      text.single(name, .gauge, help, Double(value))
    }
  }
}

extension CollectionMemory {
  /// Every part under its name in figures.
  var parts: [(name: StaticString, bytes: Int)] {
    [
      ("vectors", vectors), ("presence", presence), ("visibility", visibility),
      ("identities", identities), ("codes", codes), ("lists", lists), ("centroids", centroids),
      ("builds", builds), ("payload_indexes", payloadIndexes), ("catalogue", catalogue),
    ]
  }
}

extension DatabaseMemory {
  /// Every part under its name in figures.
  var parts: [(name: StaticString, bytes: Int)] {
    [
      ("collections", collections.total), ("block_cache", blockCache),
      ("write_buffers", writeBuffers), ("table_readers", tableReaders),
      ("vector_cache", vectorCache), ("requests", requests), ("process", process),
    ]
  }
}
