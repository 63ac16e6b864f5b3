import FastJSON
import PointModel
import Storage

/// The kinds and bounds of the frames of a snapshot.
enum SnapshotFrame {
  static let magic = Array("QUIVSNAP".utf8)
  static let format: UInt32 = 1
  static let digestBytes = 32
  /// Kind and length.
  static let headerBytes = 5
  /// Where writers close a frame.
  static let bodyBytes = 1 << 20
  /// Bytes of one frame of a snapshot that is read.
  static let bodyBytesMax = 256 << 20

  enum Kind: UInt8 {
    case manifest = 1
    case points = 2
    case file = 3
    case content = 4
    case end = 5
  }
}

/// What a snapshot holds, and what is needed to read it.
enum SnapshotManifest {
  case collection(CatalogEntry, nextOperation: UInt64, commit: UInt64)
  case database(storageFormat: Int)

  func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("kind")
    switch self {
    case .collection(let entry, let nextOperation, let commit):
      writer.string("collection")
      writer.key("collection")
      writer.rawValue(entry.encoded())
      writer.key("next_operation")
      writer.integer(nextOperation)
      writer.key("commit")
      writer.integer(commit)
    case .database(let format):
      writer.string("database")
      writer.key("storage_format")
      writer.integer(format)
    }
    writer.endObject()
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(CollectionError) {
    do {
      guard case .object(let members) = try JSONValue(parsing: bytes),
        case .string(let kind)? = members["kind"]
      else { throw CollectionError.damagedSnapshot("its manifest is incomplete") }
      switch kind {
      case "collection":
        guard let collection = members["collection"],
          case .integer(let next)? =
            members["next_operation"], let nextOperation = UInt64(exactly: next)
        else { throw CollectionError.damagedSnapshot("its manifest is incomplete") }
        var commit: UInt64 = 0
        if case .integer(let number)? = members["commit"] { commit = UInt64(clamping: number) }
        let entry = try CatalogEntry(collection.serialized())
        self = .collection(entry, nextOperation: nextOperation, commit: commit)
      case "database":
        guard case .integer(let format)? = members["storage_format"] else {
          throw CollectionError.damagedSnapshot("its manifest is incomplete")
        }
        self = .database(storageFormat: Int(clamping: format))
      default:
        throw CollectionError.damagedSnapshot("it holds a `\(kind)`, which is unknown")
      }
    } catch let error as CollectionError {
      throw error
    } catch {
      throw .damagedSnapshot("its manifest can't be read: \(error)")
    }
  }
}

/// What the last frame of a snapshot says of the others.
struct SnapshotTotals: Equatable {
  var frames: UInt64 = 0
  /// Points of a collection, or files of a data directory.
  var items: UInt64 = 0
  /// Vectors of a collection, or bytes of files.
  var parts: UInt64 = 0

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendBigEndian(frames)
    bytes.appendBigEndian(items)
    bytes.appendBigEndian(parts)
    return bytes
  }

  init() {}

  init(_ bytes: [UInt8]) throws(CollectionError) {
    guard bytes.count == 24 else { throw .damagedSnapshot("its end can't be read") }
    bytes.withUnsafeBytes { raw in
      frames = raw.readBigEndian(UInt64.self, at: 0) ?? 0
      items = raw.readBigEndian(UInt64.self, at: 8) ?? 0
      parts = raw.readBigEndian(UInt64.self, at: 16) ?? 0
    }
  }
}

extension CollectionError {
  static func damagedSnapshot(_ reason: String) -> CollectionError {
    .badRequest("the snapshot is damaged: \(reason)")
  }
}
