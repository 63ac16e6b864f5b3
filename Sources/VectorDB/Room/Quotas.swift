import FastJSON
import Glibc
public import PointModel
import Synchronization

/// Holds changes that take memory or disk against a ``QuotaConfig``, which is kept in a file of the
/// data directory.
///
/// A resource that has reached its limit stays over it until it has fallen a margin below. What is
/// measured below the limits is good for some seconds; beyond them it is measured with each change,
/// so that what was freed counts at once.
final class Quotas: Sendable {
  private struct State {
    var config: QuotaConfig
    var usage: QuotaUsage?
    var measuredAt = ContinuousClock.now
    var isMemoryOver = false
    var isDiskOver = false
  }

  private static let fileName = "quota.json"
  private static let measurementIsGoodFor = Duration.seconds(5)

  private let directory: String
  private let state: Mutex<State>

  /// Reads the limits that were set in `directory`; without a file there are none. Blocking.
  ///
  /// - Throws: ``DatabaseError/damaged(_:)`` when the file holds no limits.
  init(directory: String) throws(DatabaseError) {
    self.directory = directory
    state = Mutex(State(config: try Self.load(from: directory + "/" + Self.fileName)))
  }

  /// The limits.
  var config: QuotaConfig { state.withLock { $0.config } }

  /// What is in use now. Blocking, for microseconds.
  var usage: QuotaUsage { Self.measure(directory) }

  /// Which limits are reached, as changes have found when they were last held against them.
  var exceeded: (memory: Bool, disk: Bool) {
    state.withLock { ($0.isMemoryOver, $0.isDiskOver) }
  }

  /// Sets limits that hold from now on, restarts or not. Blocking.
  func set(_ config: QuotaConfig) throws(CollectionError) {
    let path = directory + "/" + Self.fileName
    let file = try SnapshotFile.create(path + SnapshotFolder.partSuffix)
    try file.write(Self.json(of: config))
    try file.sync()
    try SnapshotFile.rename(path + SnapshotFolder.partSuffix, to: path)
    try SnapshotFile.syncDirectory(directory)
    state.withLock { $0 = State(config: config) }
  }

  /// Refuses a change that takes memory or disk when a limit is reached.
  ///
  /// - Throws: ``CollectionError/quotaReached(_:)``.
  func checkGrowth() throws(CollectionError) {
    let reason: String? = state.withLock { state in
      if !state.config.isEnabled { return nil }
      let isOver = state.isMemoryOver || state.isDiskOver
      let usage: QuotaUsage
      if let known = state.usage, !isOver, .now - state.measuredAt < Self.measurementIsGoodFor {
        usage = known
      } else {
        usage = Self.measure(directory)
        state.usage = usage
        state.measuredAt = .now
      }
      let margin =
        state.config.releaseMarginPercent ?? QuotaConfig.defaultReleaseMarginPercent
      let memory = Self.refusal(
        usage.residentMemoryPercent, limit: state.config.maxResidentMemoryPercent, margin,
        &state.isMemoryOver, ("Resident memory usage", "total memory"),
        "Reduce memory usage", setting: "max_resident_memory_percent")
      let disk = Self.refusal(
        usage.diskUsagePercent, limit: state.config.maxDiskUsagePercent, margin,
        &state.isDiskOver, ("Disk usage", "total capacity"),
        "Reduce disk usage", setting: "max_disk_usage_percent")
      return memory ?? disk
    }
    if let reason { throw .quotaReached(reason) }
  }

  private static func refusal(
    _ used: Int?, limit: Int?, _ margin: Int, _ isOver: inout Bool,
    _ names: (resource: String, whole: String), _ remedy: String, setting: String
  ) -> String? {
    guard let used, let limit else {
      isOver = false
      return nil
    }
    let threshold = isOver ? max(1, limit - margin) : limit
    isOver = used >= threshold
    if !isOver { return nil }
    let condition =
      used >= limit
      ? "\(names.resource) is at \(used)% of \(names.whole), exceeding the configured limit of "
        + "\(limit)%"
      : "\(names.resource) is at \(used)% of \(names.whole). It reached the configured limit of "
        + "\(limit)% and has to fall below \(threshold)% before this node takes writes again"
    return """
      \(condition). Help: \(remedy) (e.g. delete points or drop collections), or raise \
      `\(setting)` in the global quota config.
      """
  }

  // MARK: Measuring

  private static func measure(_ directory: String) -> QuotaUsage {
    var disk: Int?
    var system = statvfs()
    if statvfs(directory, &system) == 0, system.f_blocks > 0 {
      disk = percent(system.f_blocks - min(system.f_bavail, system.f_blocks), of: system.f_blocks)
    }
    let memory = residentBytes.map { percent(UInt($0), of: UInt(RoomLimits.machineBytes)) }
    return QuotaUsage(residentMemoryPercent: memory, diskUsagePercent: disk)
  }

  private static func percent(_ used: UInt, of total: UInt) -> Int {
    Int(min(100, Double(used) * 100 / Double(max(1, total))))
  }

  private static var residentBytes: Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 128)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    // All pages, those that are resident, and more.
    let words = text.prefix { $0 != 0 }.split(separator: CChar(UInt8(ascii: " ")))
    guard words.count > 1,
      let pages = Int(String(decoding: words[1].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  // MARK: The file

  private static func load(from path: String) throws(DatabaseError) -> QuotaConfig {
    guard access(path, F_OK) == 0 else { return QuotaConfig() }
    do {
      let bytes = try SnapshotFile.read(path).read(maximumCount: 4096)
      guard case .object(let members) = try JSONValue(parsing: bytes) else {
        throw DatabaseError.damaged("\(path) holds no quotas")
      }
      func percent(_ key: String) -> Int? {
        if case .integer(let value)? = members[key] { Int(value) } else { nil }
      }
      return QuotaConfig(
        isEnabled: members["enabled"] == .bool(true),
        maxResidentMemoryPercent: percent("max_resident_memory_percent"),
        maxDiskUsagePercent: percent("max_disk_usage_percent"),
        releaseMarginPercent: percent("release_margin_percent"))
    } catch {
      throw .damaged("\(path) holds no quotas: \(error)")
    }
  }

  private static func json(of config: QuotaConfig) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 128)
    config.write(to: &writer)
    return writer.bytes
  }
}

extension Database {
  /// The limits of the whole server, in per cent.
  public var quotas: QuotaConfig { core.quotas.config }

  /// Which limits are reached, as changes have found when they were last held against them.
  public var quotasExceeded: (memory: Bool, disk: Bool) { core.quotas.exceeded }

  /// What of the server's resources is in use, measured now.
  public var quotaUsage: QuotaUsage { core.quotas.usage }

  /// Sets limits of the whole server that hold from now on, restarts or not.
  public func setQuotas(_ config: QuotaConfig) async throws(CollectionError) {
    let quotas = core.quotas
    try await onReadThread { () throws(CollectionError) in try quotas.set(config) }
  }
}
