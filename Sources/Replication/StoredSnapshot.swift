import Crypto
import FastJSON
import PointModel
import SharedLog

/// A snapshot of a database in the store, by its manifest: see <doc:ReplicationFormat>.
package struct StoredSnapshot: Sendable, Equatable {
  /// Everything up to this segment of the log is in it.
  package var segment: UInt64
  /// The last entry of the log that is in it, which may lie behind the segment.
  package var entry: UInt64
  /// Milliseconds since 1970, when all that is in it had been committed.
  package var takenAt: UInt64
  /// The format of what is stored.
  package var storageFormat: Int
  /// The files of the database.
  package var files: [StoredFile]

  /// A snapshot of these files.
  package init(
    segment: UInt64, entry: UInt64, takenAt: UInt64, storageFormat: Int, files: [StoredFile]
  ) {
    self.segment = segment
    self.entry = entry
    self.takenAt = takenAt
    self.storageFormat = storageFormat
    self.files = files
  }

  /// Its length in bytes.
  package var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

  /// All its parts, each once.
  package var parts: Set<StoredPart> { Set(files.flatMap(\.parts)) }

  /// When it was taken, in RFC 3339.
  package var moment: String { Self.text(takenAt) }

  /// Milliseconds since 1970 in RFC 3339.
  package static func text(_ milliseconds: UInt64) -> String {
    let fraction = UInt32(milliseconds % 1000) * 1000
    return "\(Datetime(seconds: Int64(clamping: milliseconds / 1000), fraction: fraction))"
  }

  /// The manifest as it stands in the store.
  package func encoded() -> [UInt8] {
    CheckedNote.encoded { writer in
      writer.key("segment")
      writer.integer(segment)
      writer.key("entry")
      writer.integer(entry)
      writer.key("taken_at")
      writer.integer(takenAt)
      writer.key("storage_format")
      writer.integer(storageFormat)
      writer.key("files")
      writer.beginArray()
      for file in files { file.write(to: &writer) }
      writer.endArray()
    }
  }

  /// Reads a manifest.
  ///
  /// - Throws: ``BackupError/damaged(_:)`` when a byte is not as it was written,
  ///   ``BackupError/newer(_:)`` for a later release's.
  package init(decoding bytes: [UInt8], segment expected: UInt64) throws(BackupError) {
    let place = "the manifest of snapshot \(expected)"
    let note = try CheckedNote.decoded(bytes, place).root.object
    guard let segment = note?["segment"]?.uint64, let entry = note?["entry"]?.uint64,
      let takenAt = note?["taken_at"]?.uint64, let format = note?["storage_format"]?.uint64,
      let list = note?["files"]?.array
    else { throw .damaged("\(place) is incomplete") }
    guard entry < LogSegment.numberBound else { throw .damaged("\(place) has entry \(entry)") }
    guard segment == expected else {
      throw .damaged("\(place) says that it is snapshot \(segment)")
    }
    var files: [StoredFile] = []
    for element in list {
      guard let file = StoredFile(element) else { throw .damaged("\(place) names a strange file") }
      files.append(file)
    }
    self.init(
      segment: segment, entry: entry, takenAt: min(takenAt, WallClock.latest),
      storageFormat: Int(clamping: format), files: files)
  }
}

/// JSON with a line for its SHA-256 behind it.
enum CheckedNote {
  private static let version: UInt64 = 1
  private static let checksumBytes = 65

  static func encoded(_ fields: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("version")
    writer.integer(version)
    fields(&writer)
    writer.endObject()
    let body = writer.takeBytes() + [UInt8(ascii: "\n")]
    return body + Array(hexadecimal(SHA256.hash(data: body)).utf8) + [UInt8(ascii: "\n")]
  }

  static func decoded(_ bytes: [UInt8], _ place: String) throws(BackupError) -> JSONDocument {
    let body = bytes.dropLast(checksumBytes)
    let checksum = Array(hexadecimal(SHA256.hash(data: body)).utf8) + [UInt8(ascii: "\n")]
    guard bytes.suffix(checksumBytes).elementsEqual(checksum) else {
      throw .damaged("the checksum of \(place) is wrong")
    }
    guard let note = try? JSONDocument(parsing: Array(body)),
      let found = note.root.object?["version"]?.uint64
    else { throw .damaged("\(place) is no manifest") }
    guard found == version else {
      throw .newer("\(place) has version \(found), this release reads version \(version)")
    }
    return note
  }
}
