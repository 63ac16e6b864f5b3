package import SharedLog
import Synchronization

/// The server that takes changes, and where it is reached.
package struct LeaderPlace: Sendable, Equatable {
  /// Who it is in the log.
  package var writer: WriterID
  /// Where it takes requests, as `http://host:port`.
  package var address: String
  /// Where it takes calls of gRPC; `nil` as long as that is not known.
  package var grpcAddress: String?

  /// A server that leads.
  package init(writer: WriterID, address: String, grpcAddress: String? = nil) {
    self.writer = writer
    self.address = address
    self.grpcAddress = grpcAddress
  }
}

/// How far a server is that shares its log, as answers tell it.
package struct ReplicaProgress: Sendable, Equatable {
  /// The last segment of the log that its database holds.
  package var segment: UInt64
  /// Milliseconds since it last had all there was in the log; 0 where it leads.
  package var lagMilliseconds: UInt64

  /// How far a server is.
  package init(segment: UInt64, lagMilliseconds: UInt64) {
    self.segment = segment
    self.lagMilliseconds = lagMilliseconds
  }
}

extension ReplicaDriver {
  /// See ``LogSharing``.
  var leaderElsewhere: LeaderPlace? {
    state.withLock { state in
      guard state.database != nil, !state.isStopping, state.status.role != .stopped,
        state.machine.role == .follower, let leader = state.machine.leader,
        leader.writer != state.machine.writer
      else { return nil }
      let node = state.status.nodes.first { $0.writer == leader.writer }
      return LeaderPlace(
        writer: leader.writer, address: leader.address, grpcAddress: node?.grpcAddress)
    }
  }

  /// See ``LogSharing``.
  var progress: ReplicaProgress? {
    let now = clock.milliseconds
    return state.withLock { state in
      let seen = state.machine.role == .leader ? now : state.caughtUpAt ?? now
      return ReplicaProgress(segment: state.machine.applied, lagMilliseconds: now - min(now, seen))
    }
  }

  /// See ``LogSharing``.
  func leaderChanged(from writer: WriterID) async { await leaderWatch.changed(from: writer) }

  /// See ``LogSharing``.
  func wait(for segment: UInt64, until deadline: ContinuousClock.Instant) async -> Bool {
    if let progress, progress.segment >= segment { return true }
    handle(.hinted(segment))
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask { await self.waiters.wait(for: segment) }
      group.addTask {
        try? await Task.sleep(until: deadline, clock: .continuous)
        return false
      }
      let isThere = await group.next() ?? false
      group.cancelAll()
      return isThere
    }
  }
}
