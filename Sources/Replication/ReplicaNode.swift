package import SharedLog
import Synchronization

/// What a server of a log said of itself last.
package struct ReplicaNode: Sendable, Equatable {
  /// Who it is.
  package var writer: WriterID
  /// Where it is reached.
  package var address: String
  /// Where it takes calls of gRPC, as `http://host:port`; `nil` where it takes none.
  package var grpcAddress: String?
  /// What it was.
  package var role: ReplicationStatus.Role
  /// What its database held.
  package var position: LogPosition
  /// When that was, in milliseconds since 1970 by its clock.
  package var seenAt: UInt64

  /// A server.
  package init(
    writer: WriterID, address: String, grpcAddress: String? = nil, role: ReplicationStatus.Role,
    position: LogPosition, seenAt: UInt64
  ) {
    self.writer = writer
    self.address = address
    self.grpcAddress = grpcAddress
    self.role = role
    self.position = position
    self.seenAt = seenAt
  }
}

extension ReplicaDriver {
  /// Between two notes of a server.
  private static let every = Duration.seconds(3)
  /// Milliseconds after which a server that has not noted anything is taken for gone.
  private static let goneAfter: UInt64 = 60_000

  /// Says now and then how this server is, and reads how the others are, until it is cancelled.
  func keepRoster() async {
    let own = state.withLock { $0.machine.writer }
    while !Task.isCancelled {
      let status = status
      let now = WallClock.milliseconds()
      do throws(SharedLogError) {
        try await log.note(
          ReplicaNode(
            writer: own, address: address, grpcAddress: grpcAddress, role: status.role,
            position: status.position, seenAt: now))
        var nodes = try await log.nodes()
        // Gone, or this server before it was started again.
        let isPast = { (node: ReplicaNode) in
          node.seenAt + Self.goneAfter < now || node.address == self.address && node.writer != own
        }
        for node in nodes where isPast(node) { try await log.removeNode(node.writer) }
        nodes.removeAll(where: isPast)
        state.withLock { $0.status.nodes = nodes }
      } catch {
        // Nothing depends on it; whether the store answers is told by other requests.
      }
      try? await Task.sleep(for: Self.every)
    }
  }
}
