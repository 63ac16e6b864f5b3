import FastJSON
import Hummingbird
import QdrantAPI
import VectorDB
import VectorIndex

extension IndexReport {
  /// What is to be said of an index; `nil` for a vector that neither has nor awaits one.
  init?(_ info: VectorIndexInfo) {
    if info.state == .none { return nil }
    let lists = info.statistics.map { statistics in
      Lists(
        count: statistics.listCount, entries: statistics.entryCount,
        trainedRows: statistics.trainedRows,
        calibration: statistics.calibration.map { ($0.recall, $0.probes) },
        memoryBytes: statistics.memory.total)
    }
    self.init(
      vector: info.vector, state: info.state.name, progress: info.state.progress, lists: lists,
      tailRows: info.tailRows)
  }
}

extension IndexState {
  /// In a word.
  var name: String {
    switch self {
    case .none: "none"
    case .waiting: "waiting"
    case .building: "building"
    case .rebuilding: "rebuilding"
    case .ready: "ready"
    }
  }

  /// The share that is done of a build under way.
  var progress: Double? {
    switch self {
    case .building(let share), .rebuilding(let share): share
    case .none, .waiting, .ready: nil
    }
  }
}

/// The answer of `GET /collections/{name}/optimizations`: each build of an index is an
/// optimization, each vector's rows are a segment.
struct OptimizationsReport {
  private static let optimizer = "ivf"

  private let info: CollectionInfo
  private let parts: Set<String>

  /// Reads which optional parts are asked for (`with`).
  init(_ info: CollectionInfo, _ request: Request) throws {
    self.info = info
    parts = Set(
      QueryFields(request)["with"].map { names in
        names.split(separator: ",").map { $0.filter { $0 != " " } }
      } ?? [])
    let known: Set = ["queued", "completed", "idle_segments"]
    if let unknown = parts.subtracting(known).sorted().first {
      throw RESTError(.badRequest, "unknown part `\(unknown)`: expected one of \(known.sorted())")
    }
  }

  private var waiting: [VectorIndexInfo] { info.indexes.filter { $0.state == .waiting } }
  private var idle: [VectorIndexInfo] {
    info.indexes.filter { $0.state == .ready || $0.state == .none }
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("summary")
    writer.beginObject()
    let figures: [(StaticString, Int)] = [
      ("queued_optimizations", waiting.count), ("queued_segments", waiting.count),
      ("queued_points", waiting.count * info.pointsCount), ("idle_segments", idle.count),
    ]
    for (name, value) in figures {
      writer.key(name)
      writer.integer(value)
    }
    writer.endObject()
    writer.key("running")
    writer.beginArray()
    for index in info.indexes {
      if let share = index.state.progress { writeRunning(index, share, &writer) }
    }
    writer.endArray()
    if parts.contains("queued") { write(waiting, as: "queued", &writer) }
    if parts.contains("completed") {
      writer.key("completed")
      writer.beginArray()
      writer.endArray()
    }
    if parts.contains("idle_segments") { write(idle, as: "idle_segments", &writer) }
    writer.endObject()
  }

  private func writeRunning(
    _ index: VectorIndexInfo, _ share: Double, _ writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.key("uuid")
    writer.string(Self.identity(index))
    writer.key("optimizer")
    writer.string(Self.optimizer)
    writer.key("status")
    writer.string("optimizing")
    writer.key("segments")
    writer.beginArray()
    writeSegment(index, &writer)
    writer.endArray()
    writer.key("progress")
    writer.beginObject()
    writer.key("name")
    writer.string(index.state.name)
    writer.key("done")
    writer.integer(Int(share * 100))
    writer.key("total")
    writer.integer(100)
    writer.endObject()
    writer.endObject()
  }

  private func write(
    _ indexes: [VectorIndexInfo], as name: StaticString, _ writer: inout JSONWriter
  ) {
    writer.key(name)
    writer.beginArray()
    for index in indexes {
      if index.state == .waiting {
        writer.beginObject()
        writer.key("optimizer")
        writer.string(Self.optimizer)
        writer.key("segments")
        writer.beginArray()
        writeSegment(index, &writer)
        writer.endArray()
        writer.endObject()
      } else {
        writeSegment(index, &writer)
      }
    }
    writer.endArray()
  }

  private func writeSegment(_ index: VectorIndexInfo, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("uuid")
    writer.string(Self.identity(index))
    writer.key("points_count")
    writer.integer(info.pointsCount)
    writer.endObject()
  }

  /// A vector's rows are one segment for good: its name is its identity.
  private static func identity(_ index: VectorIndexInfo) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in index.vector.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    let text = String(repeating: "0", count: 16 - digits.count) + digits
    return "00000000-0000-4000-\(text.prefix(4))-\(text.suffix(12))"
  }
}
