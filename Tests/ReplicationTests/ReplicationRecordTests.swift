import DatabaseFixture
import Replication
import SharedLog
import Testing

import class Foundation.FileManager

/// What a data directory knows of its log.
@Suite struct ReplicationRecordTests {
  @Test func itIsReadAsItWasWritten() async throws {
    try await withDatabase { database in
      #expect(try ReplicationRecord.load(from: database.path) == nil)
      var record = ReplicationRecord(
        database: DatabaseID(), log: nil, position: LogPosition(segment: 3, entry: .max),
        writers: [WriterID(), WriterID()], isWhole: true)
      try record.save(to: database.path)
      #expect(try ReplicationRecord.load(from: database.path) == record)
      record.position.entry = 4
      record.writers = []
      record.log = WriterID()
      try record.save(to: database.path, isSynced: false)
      #expect(try ReplicationRecord.load(from: database.path) == record)
      try await database.restart()
      #expect(try ReplicationRecord.load(from: database.path) == record, "it is nobody else's")
    }
  }

  /// Up to `bytesMax`; a longer one is no record, whatever makes it longer.
  @Test(arguments: [1 << 20, 1 << 20 + 1], [true, false])
  func aRecordHasABound(bytes: Int, isBefore: Bool) async throws {
    try await withDatabase { database in
      let record = ReplicationRecord(
        database: DatabaseID(), log: nil, position: LogPosition(segment: 3, entry: 4),
        writers: [WriterID()], isWhole: true)
      try record.save(to: database.path)
      let path = database.path + "/replication.json"
      let text = try #require(FileManager.default.contents(atPath: path))
      let blank = [UInt8](repeating: 0x20, count: bytes - text.count)
      let whole = isBefore ? blank + text : [UInt8](text) + blank
      let isWritten = FileManager.default.createFile(atPath: path, contents: .init(whole))
      #expect(isWritten)
      if bytes > 1 << 20 {
        #expect(throws: ReplicationError.record("\(path) is longer than 1048576 bytes")) {
          try ReplicationRecord.load(from: database.path)
        }
      } else {
        #expect(try ReplicationRecord.load(from: database.path) == record)
      }
    }
  }

  @Test func whatANewerReleaseWroteIsSaid() async throws {
    try await withDatabase { database in
      let path = database.path + "/replication.json"
      let text = #"{"version":2,"more":1}"#
      let isWritten = FileManager.default.createFile(atPath: path, contents: .init(text.utf8))
      #expect(isWritten)
      #expect(
        throws: ReplicationError.newer("\(path) has version 2, this release reads version 1")
      ) { try ReplicationRecord.load(from: database.path) }
    }
  }

  @Test(arguments: ["", "{}", #"{"version":1,"database":"1"}"#, #"{"version":0}"#])
  func whatIsDamagedIsSaid(_ text: String) async throws {
    try await withDatabase { database in
      let path = database.path + "/replication.json"
      let isWritten = FileManager.default.createFile(atPath: path, contents: .init(text.utf8))
      #expect(isWritten)
      let error = #expect(throws: ReplicationError.self) {
        try ReplicationRecord.load(from: database.path)
      }
      #expect(error?.description.hasPrefix(path) == true)
    }
  }
}
