import Synchronization

/// The one budget of a database's memory, of which everybody who takes memory in proportion to a
/// request holds a lease. It knows disk as well, which writes take beside memory.
///
/// Two kinds take of it. What is *kept* (rows, indexes) becomes part of the formula of
/// <doc:Memory>, and is refused beyond the configured limit. What is *transient* (requests,
/// answers) goes when it is done: it has what the limit leaves, never less than a share of it, and
/// without a limit a share of the machine.
///
/// Use is sampled at a steady pace, not by requests; leases, and what has ended since the sample,
/// are added to it, so that a burst between two samples stays within the limits. One lock a lease.
package final class MemoryBudget: Sendable {
  private let limits: RoomLimits
  private let state = Mutex(State())

  private struct State {
    var sampled = RoomUse()
    /// Leases for what is kept.
    var running = RowGrowth()
    /// Kept by leases that ended since the last sample was begun.
    var finished = RowGrowth()
    /// The same, before the sample that is being taken was begun.
    var beingSampled = RowGrowth()
    /// Leases for what is not kept, in bytes.
    var transient = 0

    /// Memory that is kept, or will be.
    var kept: Int { sampled.memory + running.memory + finished.memory + beingSampled.memory }
    /// Disk that was taken since the sample.
    var written: Int { running.disk + finished.disk + beingSampled.disk }
  }

  /// What a transient taker has without asking: small reads are never refused.
  static let smallBytes = 64 << 10

  /// A budget of which nothing is taken.
  package init(limits: RoomLimits) {
    self.limits = limits
  }

  // MARK: Samples

  /// The latest sample.
  package var lastSample: RoomUse { state.withLock { $0.sampled } }

  /// Bytes that requests and answers hold now.
  package var transientBytes: Int { state.withLock { $0.transient } }

  /// To be called before a sample is taken: what ends from now on may not be in it.
  package func beginSample() {
    state.withLock { state in
      state.beingSampled.add(state.finished)
      state.finished = RowGrowth()
    }
  }

  /// Replaces the sample. Leases are not part of it.
  package func update(_ use: RoomUse) {
    state.withLock { state in
      state.sampled = use
      state.beingSampled = RowGrowth()
    }
  }

  /// Whether the latest sample leaves less than a quarter of a limit.
  var isNearLimit: Bool {
    let use = lastSample
    return (limits.memoryBytes > 0 && use.memory > limits.memoryBytes / 4 * 3)
      || (limits.diskBytes > 0 && use.disk > limits.diskBytes / 4 * 3)
  }

  /// Whether the memory limit is passed by more than a share of it; never without a limit.
  func exceedsLimit(by share: Double) -> Bool {
    if limits.memoryBytes == 0 { return false }
    let kept = state.withLock { $0.kept }
    return Double(kept) > Double(limits.memoryBytes) * (1 + share)
  }

  // MARK: Leases

  /// Takes `bytes` of memory.
  ///
  /// Throws ``CollectionError/outOfSpace(_:)`` with the limit, its use and what to do, or
  /// ``CollectionError/rateLimited(_:retryAfterSeconds:)`` when only other requests are in the way.
  package func lease(
    _ bytes: Int, for purpose: MemoryPurpose
  ) throws(CollectionError) -> MemoryLease {
    var growth = RowGrowth()
    growth.memory = bytes
    return try lease(growth, for: purpose)
  }

  /// Takes memory and disk; as ``lease(_:for:)``.
  func lease(
    _ growth: RowGrowth, for purpose: MemoryPurpose
  ) throws(CollectionError) -> MemoryLease {
    try take(growth, for: purpose)
    return MemoryLease(of: self, holding: growth, for: purpose)
  }

  /// Takes memory that is never refused: it counts, so that what comes after it is.
  package func hold(_ bytes: Int, for purpose: MemoryPurpose) -> MemoryLease {
    var growth = RowGrowth()
    growth.memory = bytes
    state.withLock { state in
      if purpose.isKept { state.running.add(growth) } else { state.transient += bytes }
    }
    return MemoryLease(of: self, holding: growth, for: purpose)
  }

  /// Why `growth` would not fit now, if it were to be kept; `nil` when it does.
  func obstacle(to growth: RowGrowth, for purpose: MemoryPurpose = .upsert) -> String? {
    state.withLock { refusal(of: growth, purpose, $0) }
  }

  /// What a lease takes.
  func take(_ growth: RowGrowth, for purpose: MemoryPurpose) throws(CollectionError) {
    if growth.isNone { return }
    let error: CollectionError? = state.withLock { state in
      if purpose.isKept {
        if let text = refusal(of: growth, purpose, state) { return .outOfSpace(text) }
        state.running.add(growth)
      } else {
        if let error = transientRefusal(of: growth.memory, purpose, state) { return error }
        state.transient += growth.memory
      }
      return nil
    }
    if let error { throw error }
  }

  /// What a lease gives back.
  ///
  /// - Parameter isKept: whether it is in use nevertheless, and the next sample will find it.
  func giveBack(_ growth: RowGrowth, for purpose: MemoryPurpose, isKept: Bool) {
    if growth.isNone { return }
    state.withLock { state in
      guard purpose.isKept else {
        state.transient -= growth.memory
        return
      }
      state.running.subtract(growth)
      if isKept { state.finished.add(growth) }
    }
  }

  // MARK: Refusals

  private func refusal(
    of growth: RowGrowth, _ purpose: MemoryPurpose, _ state: State
  ) -> String? {
    let memory = state.kept + state.transient
    if limits.memoryBytes > 0, memory + growth.memory > limits.memoryBytes {
      return Self.text(
        "the memory limit", limits.memoryBytes, used: memory, growth.memory, purpose,
        setting: "storage.limits.memory_mb")
    }
    if growth.disk == 0 { return nil }
    let disk = state.sampled.disk + state.written
    if limits.diskBytes > 0, disk + growth.disk > limits.diskBytes {
      return Self.text(
        "the disk limit", limits.diskBytes, used: disk, growth.disk, purpose,
        setting: "storage.limits.disk_mb")
    }
    let free = state.sampled.diskFree - state.written
    if free - growth.disk < limits.diskReserveBytes {
      return """
        the file system of the data directory has \(Self.megabytes(max(0, free))) free and \
        \(Self.megabytes(limits.diskReserveBytes)) of it are kept in reserve; \(purpose.taker) \
        needs about \(Self.megabytes(growth.disk)). Delete points or collections, free disk \
        space, or lower storage.limits.disk_reserve_mb
        """
    }
    return nil
  }

  private func transientRefusal(
    of bytes: Int, _ purpose: MemoryPurpose, _ state: State
  ) -> CollectionError? {
    if bytes <= Self.smallBytes { return nil }
    let most = limits.transientBytesMax(kept: state.kept)
    if state.transient + bytes <= most { return nil }
    if bytes > most {
      let setting =
        limits.memoryBytes > 0 ? ", delete points or raise storage.limits.memory_mb" : ""
      return .outOfSpace(
        """
        \(purpose.taker) needs about \(Self.megabytes(bytes)) of memory, and requests and answers \
        together have \(Self.megabytes(most)). Ask for less at once\(setting)
        """)
    }
    return .rateLimited(
      """
      requests and answers under way hold \(Self.megabytes(state.transient)) of memory, and \
      \(purpose.taker) needs about \(Self.megabytes(bytes)); together they have \
      \(Self.megabytes(most))
      """, retryAfterSeconds: 1)
  }

  private static func text(
    _ limit: String, _ bytes: Int, used: Int, _ need: Int, _ purpose: MemoryPurpose,
    setting: String
  ) -> String {
    """
    \(limit) of \(megabytes(bytes)) is reached: \(megabytes(used)) are in use and \
    \(purpose.taker) needs about \(megabytes(need)). Delete points or collections, or raise \
    \(setting)
    """
  }

  private static func megabytes(_ bytes: Int) -> String {
    "\(bytes >> 20).\((bytes & 0xFFFFF) * 10 >> 20) MB"
  }
}

extension Database {
  /// Takes `bytes` of the database's budget for a request's body or an answer, for as long as the
  /// lease is kept. Never blocks.
  ///
  /// - Throws: ``CollectionError/outOfSpace(_:)`` when so much is never to be had, and
  ///   ``CollectionError/rateLimited(_:retryAfterSeconds:)`` while other requests hold it. 64 KiB
  ///   and less are never refused.
  public func lease(
    _ bytes: Int, for purpose: MemoryPurpose
  ) throws(CollectionError) -> MemoryLease {
    try core.memory.lease(bytes, for: purpose)
  }
}
