import FastJSON
import SharedLog

/// The small objects of a log, in JSON.
enum LogNote {
  private static let version: UInt64 = 1

  static func floor(_ number: UInt64) -> [UInt8] {
    encoded { writer in
      writer.key("floor")
      writer.integer(number)
    }
  }

  static func floor(_ bytes: [UInt8]) throws(SharedLogError) -> UInt64 {
    let note = try decoded(bytes, LogKey.floor)
    guard let number = note.root.object?["floor"]?.uint64, number > 0,
      number < LogSegment.numberBound
    else {
      throw .damaged("`floor` holds no number")
    }
    return number
  }

  static func leader(_ beat: LeaderBeat) -> [UInt8] {
    encoded { writer in
      writer.key("writer")
      writer.string(beat.writer.description)
      writer.key("address")
      writer.string(beat.address)
      writer.key("beat")
      writer.integer(beat.beat)
    }
  }

  static func leader(_ bytes: [UInt8]) throws(SharedLogError) -> LeaderBeat {
    let note = try decoded(bytes, LogKey.leader).root.object
    guard let writer = note?["writer"]?.string.flatMap(WriterID.init(hex:)),
      let address = note?["address"]?.string, let beat = note?["beat"]?.uint64
    else { throw .damaged("`leader` names no leader") }
    return LeaderBeat(writer: writer, address: address, beat: beat)
  }

  static func node(_ node: ReplicaNode) -> [UInt8] {
    encoded { writer in
      writer.key("writer")
      writer.string(node.writer.description)
      writer.key("address")
      writer.string(node.address)
      if let grpc = node.grpcAddress {
        writer.key("grpc_address")
        writer.string(grpc)
      }
      writer.key("role")
      writer.string(node.role.rawValue)
      writer.key("segment")
      writer.integer(node.position.segment)
      writer.key("entry")
      writer.integer(node.position.entry)
      writer.key("seen_at")
      writer.integer(node.seenAt)
    }
  }

  static func node(_ bytes: [UInt8], _ key: String) throws(SharedLogError) -> ReplicaNode {
    let note = try decoded(bytes, key).root.object
    guard let writer = note?["writer"]?.string.flatMap(WriterID.init(hex:)),
      let address = note?["address"]?.string,
      let role = note?["role"]?.string.flatMap(ReplicationStatus.Role.init(rawValue:)),
      let segment = note?["segment"]?.uint64, let entry = note?["entry"]?.uint64,
      max(segment, entry) < LogSegment.numberBound, let seenAt = note?["seen_at"]?.uint64
    else { throw .damaged("`\(key)` names no server") }
    return ReplicaNode(
      writer: writer, address: address, grpcAddress: note?["grpc_address"]?.string, role: role,
      position: LogPosition(segment: segment, entry: entry),
      seenAt: min(seenAt, WallClock.latest))
  }

  static func owner(_ owner: LogOwner) -> [UInt8] {
    encoded { writer in
      writer.key("database")
      writer.string(owner.database.description)
      writer.key("log")
      writer.string(owner.log.description)
    }
  }

  static func owner(_ bytes: [UInt8]) throws(SharedLogError) -> LogOwner {
    let note = try decoded(bytes, LogKey.database).root.object
    guard let database = note?["database"]?.string.flatMap(DatabaseID.init(hex:)),
      let log = note?["log"]?.string.flatMap(WriterID.init(hex:))
    else { throw .damaged("`database` names no database") }
    return LogOwner(database: database, log: log)
  }

  private static func encoded(_ fields: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.integer(version)
    fields(&writer)
    writer.endObject()
    return writer.takeBytes()
  }

  private static func decoded(
    _ bytes: [UInt8], _ name: String
  ) throws(SharedLogError) -> JSONDocument {
    guard let note = try? JSONDocument(parsing: bytes),
      let found = note.root.object?["version"]?.uint64
    else { throw .damaged("`\(name)` is not what it should be") }
    guard found == version else {
      throw .newer("`\(name)` has version \(found), this release reads version \(version)")
    }
    return note
  }
}
