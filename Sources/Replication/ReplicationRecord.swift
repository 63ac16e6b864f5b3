import FastJSON
import Glibc
package import SharedLog
import VectorDB

/// What a data directory knows of the log it is shared by: the file `replication.json` in it. What
/// it says of the log's end may be old, and is read on from there; the rest must be right.
package struct ReplicationRecord: Sendable, Equatable {
  /// Which database it is.
  package var database: DatabaseID
  /// The log that the rest is about; `nil` as long as there was none.
  package var log: WriterID?
  /// A place that the log is known to have reached, and the database with it.
  package var position: LogPosition
  /// The runs of this server whose segments may lie after that place.
  package var writers: [WriterID]
  /// Whether every entry of the database is in the log, by how it is written: entries that the log
  /// has beyond it then follow from its own.
  package var isWhole: Bool

  /// What is to be known.
  package init(
    database: DatabaseID, log: WriterID?, position: LogPosition, writers: [WriterID], isWhole: Bool
  ) {
    self.database = database
    self.log = log
    self.position = position
    self.writers = writers
    self.isWhole = isWhole
  }

  private static let fileName = "replication.json"
  private static let version: UInt64 = 1
  /// Bytes of what a data directory knows of the log that it shares.
  private static let bytesMax = 1 << 20

  /// What the data directory `directory` knows; `nil` when it has shared no log yet. Blocking.
  ///
  /// - Throws: ``ReplicationError/record(_:)``, ``ReplicationError/newer(_:)``.
  package static func load(from directory: String) throws(ReplicationError) -> ReplicationRecord? {
    let path = "\(directory)/\(fileName)"
    guard access(path, F_OK) == 0 else { return nil }
    let bytes: [UInt8]
    do throws(CollectionError) {
      bytes = try SnapshotFile.read(path).read(maximumCount: bytesMax + 1)
    } catch {
      throw .record("\(path) can't be read: \(error)")
    }
    if bytes.count > bytesMax { throw .record("\(path) is longer than \(bytesMax) bytes") }
    guard let root = try? JSONDocument(parsing: bytes).root.object,
      let version = root["version"]?.uint64
    else { throw .record("\(path) is damaged") }
    guard version == Self.version else {
      let sentence = "\(path) has version \(version), this release reads version \(Self.version)"
      throw version > Self.version ? .newer(sentence) : .record(sentence)
    }
    let writers = root["writers"]?.array?.map { $0.string.flatMap(WriterID.init(hex:)) }
    guard let database = root["database"]?.string.flatMap(DatabaseID.init(hex:)),
      let segment = root["segment"]?.uint64, let entry = root["entry"]?.uint64,
      let writers, !writers.contains(nil), let isWhole = root["whole"]?.bool
    else { throw .record("\(path) is damaged") }
    let log = root["log"]?.string.flatMap(WriterID.init(hex:))
    guard (log == nil) == (root["log"]?.isNull ?? false) else {
      throw .record("\(path) is damaged")
    }
    return ReplicationRecord(
      database: database, log: log, position: LogPosition(segment: segment, entry: entry),
      writers: writers.compactMap(\.self), isWhole: isWhole)
  }

  /// Writes it into the data directory `directory`, in the place of what was there. Blocking.
  ///
  /// - Parameter isSynced: whether it is on disk when this returns.
  /// - Throws: ``ReplicationError/record(_:)``.
  package func save(
    to directory: String, isSynced: Bool = true
  ) throws(ReplicationError) {
    let path = "\(directory)/\(Self.fileName)"
    do throws(CollectionError) {
      try SnapshotFile.remove(path + ".part")
      let file = try SnapshotFile.create(path + ".part")
      try file.write(encoded())
      if isSynced { try file.sync() }
      try SnapshotFile.rename(path + ".part", to: path)
      if isSynced { try SnapshotFile.syncDirectory(directory) }
    } catch {
      throw .record("\(path) can't be written: \(error)")
    }
  }

  private func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.integer(Self.version)
    writer.key("database")
    writer.string(database.description)
    writer.key("log")
    if let log { writer.string(log.description) } else { writer.null() }
    writer.key("segment")
    writer.integer(position.segment)
    writer.key("entry")
    writer.integer(position.entry)
    writer.key("whole")
    writer.bool(isWhole)
    writer.key("writers")
    writer.beginArray()
    for id in writers { writer.string(id.description) }
    writer.endArray()
    writer.endObject()
    return writer.takeBytes()
  }
}
