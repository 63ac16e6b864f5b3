import SharedLog

/// The store of a simulation: what an object store with conditional writes keeps, without the
/// network before it.
struct SimulatedStore {
  /// A snapshot of a node's state.
  struct Snapshot {
    var number: UInt64
    var state: SimulatedState
  }

  private(set) var segments: [UInt64: [UInt8]] = [:]
  private(set) var floor: UInt64 = 1
  private(set) var beat: TaggedBeat?
  private(set) var newest = Snapshot(number: 0, state: SimulatedState())
  /// Floors that were raised, and when.
  private var raised: [(floor: UInt64, at: UInt64)] = []
  private var tags = 0

  mutating func append(_ segment: LogSegment) -> ReplicaStateMachine.AppendOutcome {
    guard segments[segment.number] == nil else { return .taken }
    segments[segment.number] = segment.encoded()
    return .written
  }

  func read(_ number: UInt64) throws -> ReplicaStateMachine.ReadOutcome {
    guard let bytes = segments[number] else { return .absent }
    return .segment(try LogSegment(decoding: bytes, number: number))
  }

  mutating func write(
    _ beat: LeaderBeat, ifTag tag: String?
  ) -> ReplicaStateMachine.LeaderWriteOutcome {
    guard self.beat?.tag == tag else { return .lost }
    tags += 1
    self.beat = TaggedBeat(beat, tag: "\(tags)")
    return .written(tag: "\(tags)")
  }

  mutating func keep(_ snapshot: Snapshot) {
    if snapshot.number > newest.number { newest = snapshot }
  }

  /// Raises the floor to what the newest snapshot makes superfluous, but `kept` segments.
  mutating func raiseFloor(keeping kept: UInt64, at now: UInt64) {
    guard newest.number > kept, newest.number - kept + 1 > floor else { return }
    floor = newest.number - kept + 1
    raised.append((floor, now))
  }

  /// Deletes what lies below a floor that was raised `grace` ago.
  mutating func collectGarbage(grace: UInt64, at now: UInt64) {
    guard let old = raised.last(where: { $0.at + grace <= now }) else { return }
    segments = segments.filter { $0.key >= old.floor }
    raised.removeAll { $0.floor < old.floor }
  }
}

/// What the segments that were applied make of a node: their proposals, and a checksum over all.
struct SimulatedState: Equatable {
  private(set) var proposals: Set<UInt64> = []
  private(set) var checksum: UInt64 = 14_695_981_039_346_656_037

  mutating func apply(_ segment: LogSegment) {
    for byte in segment.encoded() { checksum = (checksum ^ UInt64(byte)) &* 1_099_511_628_211 }
    for item in segment.items { proposals.insert(item.entry) }
  }
}
