import FastJSON
import Replication
import ServiceProcess
import SharedLog

/// What `GET /cluster` tells of servers that share a log: in the form that clients of clusters
/// know, and more of each server in a member of its own.
extension ReplicationStatus {
  func writeCluster(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("status")
    if mode == .sync {
      writer.string("enabled")
      writePeers(to: &writer)
    } else {
      writer.string("disabled")
    }
    writer.key("replication")
    writeReplication(to: &writer)
    writer.endObject()
  }

  private func writePeers(to writer: inout JSONWriter) {
    writer.key("peer_id")
    writer.integer(self.writer.peer)
    writer.key("peers")
    writer.beginObject()
    for node in nodes {
      writer.key("\(node.writer.peer)")
      writer.beginObject()
      writer.key("uri")
      writer.string(node.address)
      writer.endObject()
    }
    writer.endObject()
    writer.key("raft_info")
    writer.beginObject()
    writer.key("term")
    writer.integer(0)
    writer.key("commit")
    writer.integer(position.segment)
    writer.key("pending_operations")
    writer.integer(0)
    writer.key("leader")
    if let leader = nodes.first(where: { $0.address == leader }) {
      writer.integer(leader.writer.peer)
    } else {
      writer.null()
    }
    writer.key("role")
    switch role {
    case .leader: writer.string("Leader")
    case .starting: writer.string("Candidate")
    case .follower, .stopped: writer.string("Follower")
    }
    writer.key("is_voter")
    writer.bool(true)
    writer.endObject()
    writer.key("consensus_thread_status")
    writer.beginObject()
    if role == .stopped {
      writer.key("consensus_thread_status")
      writer.string("stopped_with_err")
      writer.key("err")
      writer.string(failure ?? "")
    } else {
      writer.key("consensus_thread_status")
      writer.string("working")
      writer.key("last_update")
      writer.string(Moment.text(Moment.now))
    }
    writer.endObject()
    writer.key("message_send_failures")
    writer.beginObject()
    writer.endObject()
  }

  private func writeReplication(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("mode")
    writer.string(mode.rawValue)
    writer.key("role")
    writer.string(role.rawValue)
    writer.key("segment")
    writer.integer(position.segment)
    writer.key("entry")
    writer.integer(lastEntry)
    writer.key("lag_entries")
    writer.integer(lagEntries)
    writer.key("lag_ms")
    writer.integer(lagMilliseconds)
    writer.key("failure")
    if let failure { writer.string(failure) } else { writer.null() }
    writer.key("nodes")
    writer.beginArray()
    for node in nodes { node.write(to: &writer, behind: position.entry) }
    writer.endArray()
    writer.endObject()
  }
}

extension ReplicaNode {
  /// - Parameter entry: the last commit that the answering server holds.
  fileprivate func write(to writer: inout JSONWriter, behind entry: UInt64) {
    writer.beginObject()
    writer.key("address")
    writer.string(address)
    writer.key("grpc_address")
    if let grpcAddress { writer.string(grpcAddress) } else { writer.null() }
    writer.key("role")
    writer.string(role.rawValue)
    writer.key("segment")
    writer.integer(position.segment)
    writer.key("entry")
    writer.integer(position.entry)
    writer.key("lag_entries")
    writer.integer(entry - min(entry, position.entry))
    writer.key("seen_at")
    writer.string(Moment.text(Double(seenAt) / 1000))
    writer.endObject()
  }
}

extension WriterID {
  /// A number that clients can hold.
  fileprivate var peer: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } >> 11 }
}
