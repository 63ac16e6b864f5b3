import Synchronization

/// Refuses writes for which there is no room, before they are queued.
///
/// Room is sampled at a steady pace, not by requests; what was admitted since the last sample is
/// added to it, so that a burst between two samples stays within the limits. One lock a request.
final class WriteAdmission: Sendable {
  private let limits: RoomLimits
  private let state = Mutex(State())

  private struct State {
    var sampled = RoomUse()
    /// Admitted and not finished.
    var running = RowGrowth()
    /// Finished since the last sample.
    var finished = RowGrowth()
  }

  init(limits: RoomLimits) {
    self.limits = limits
  }

  /// The latest sample.
  var lastSample: RoomUse { state.withLock { $0.sampled } }

  /// Replaces the sample, taken now.
  func update(_ use: RoomUse) {
    state.withLock { state in
      state.sampled = use
      state.finished = .none
    }
  }

  /// Whether the latest sample leaves less than a quarter of a limit.
  var isNearLimit: Bool {
    let use = lastSample
    return (limits.memoryBytes > 0 && use.memory > limits.memoryBytes / 4 * 3)
      || (limits.diskBytes > 0 && use.disk > limits.diskBytes / 4 * 3)
  }

  /// Lets a request go on that needs `growth`; to be followed by `finish`.
  ///
  /// Throws ``CollectionError/outOfSpace(_:)`` with the limit, its use and what to do.
  func admit(_ growth: RowGrowth) throws(CollectionError) {
    if growth == .none { return }
    let refusal: String? = state.withLock { state in
      let refusal = self.refusal(of: growth, state)
      if refusal == nil { state.running.add(growth) }
      return refusal
    }
    if let refusal { throw .outOfSpace(refusal) }
  }

  /// Notes that a request that was admitted has been answered.
  func finish(_ growth: RowGrowth) {
    if growth == .none { return }
    state.withLock { state in
      state.running.subtract(growth)
      state.finished.add(growth)
    }
  }

  /// Why `growth` would not fit now; `nil` when it does.
  func obstacle(to growth: RowGrowth) -> String? {
    state.withLock { refusal(of: growth, $0) }
  }

  private func refusal(of growth: RowGrowth, _ state: State) -> String? {
    let memory = state.sampled.memory + state.running.memory + state.finished.memory
    if limits.memoryBytes > 0, memory + growth.memory > limits.memoryBytes {
      return Self.text(
        "the memory limit", limits.memoryBytes, used: memory, need: growth.memory,
        setting: "storage.limits.memory_mb")
    }
    let written = state.running.disk + state.finished.disk
    let disk = state.sampled.disk + written
    if limits.diskBytes > 0, disk + growth.disk > limits.diskBytes {
      return Self.text(
        "the disk limit", limits.diskBytes, used: disk, need: growth.disk,
        setting: "storage.limits.disk_mb")
    }
    let free = state.sampled.diskFree - written
    if free - growth.disk < limits.diskReserveBytes {
      return """
        the file system of the data directory has \(Self.megabytes(max(0, free))) free and \
        \(Self.megabytes(limits.diskReserveBytes)) of it are kept in reserve; this write needs \
        about \(Self.megabytes(growth.disk)). Delete points or collections, free disk space, or \
        lower storage.limits.disk_reserve_mb
        """
    }
    return nil
  }

  private static func text(
    _ limit: String, _ bytes: Int, used: Int, need: Int, setting: String
  ) -> String {
    """
    \(limit) of \(megabytes(bytes)) is reached: \(megabytes(used)) are in use and this write needs \
    about \(megabytes(need)). Delete points or collections, or raise \(setting)
    """
  }

  private static func megabytes(_ bytes: Int) -> String {
    "\(bytes >> 20).\((bytes & 0xFFFFF) * 10 >> 20) MB"
  }
}

extension RowGrowth {
  fileprivate mutating func add(_ other: RowGrowth) {
    memory += other.memory
    disk += other.disk
  }

  fileprivate mutating func subtract(_ other: RowGrowth) {
    memory -= other.memory
    disk -= other.disk
  }
}
