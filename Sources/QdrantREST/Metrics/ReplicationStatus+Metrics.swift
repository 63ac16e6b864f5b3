import Replication
import ServiceProcess

extension ReplicationStatus {
  /// Writes the figures of the shared log.
  func write(to text: inout MetricsText) {
    let roles: [Role] = [.leader, .follower, .starting, .stopped]
    text.family(
      "replication_role", .gauge, "what the server is to the shared log: 1 for its role",
      roles.map { (labels: [("role", $0.rawValue)], value: $0 == role ? 1 : 0) })
    text.single(
      "replication_lag_entries", .gauge, "commits that are not in the shared log",
      Double(lagEntries))
    text.single(
      "replication_lag_ms", .gauge,
      "milliseconds since the oldest commit that is not in the shared log, or since a server that "
        + "follows had all of it", Double(lagMilliseconds))
    text.single(
      "replication_backlog_bytes", .gauge, "bytes of commits that wait for the shared log",
      Double(backlogBytes))
    text.single(
      "replication_gap", .gauge,
      "1 while commits are missing in the shared log and no snapshot makes up for them",
      isGapOpen ? 1 : 0)
    text.single(
      "replication_segment", .gauge, "the last segment of the shared log that is known",
      Double(position.segment))
    text.single(
      "replication_entry", .gauge, "the last commit of the database", Double(lastEntry))
    text.single(
      "replication_segments_total", .counter, "segments that were appended to the shared log",
      Double(counts.segments))
    text.single(
      "replication_bytes_total", .counter, "bytes of commits in these segments",
      Double(counts.bytes))
    text.single(
      "replication_puts_total", .counter, "requests to create a segment", Double(counts.puts))
    text.single(
      "replication_failures_total", .counter,
      "requests that the object store refused or did not answer", Double(counts.failures))
    text.single(
      "replication_gaps_total", .counter, "how often commits were lost to the shared log",
      Double(counts.gaps))
    text.single(
      "replication_forwarded_total", .counter,
      "changes that were sent to the server that takes them", Double(forwarded))
    guard let snapshots else { return }
    text.single(
      "replication_snapshots_total", .counter, "snapshots that were put into the object store",
      Double(snapshots.taken))
    text.single(
      "replication_snapshot_failures_total", .counter, "snapshots that could not be",
      Double(snapshots.failed))
    text.single(
      "replication_snapshot_bytes_total", .counter, "bytes that were carried for snapshots",
      Double(snapshots.bytes))
    text.single(
      "replication_removed_total", .counter, "objects that no point in time needed any more",
      Double(snapshots.removed))
    if let time = snapshots.lastTakenAt {
      text.single(
        "replication_snapshot_time_seconds", .gauge, "when the newest snapshot was taken",
        Double(time) / 1000)
    }
  }
}
