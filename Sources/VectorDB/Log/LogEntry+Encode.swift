import FastJSON
import PointModel
import Storage

/// The layout of an entry, which <doc:StorageFormat> describes.
enum LogFormat {
  static let magic = Array("QLOG".utf8)
  static let version: UInt8 = 1
  /// Magic, version, number, count of changes, bytes of changes, and the checksum of these.
  static let headerBytes = 4 + 1 + 8 + 4 + 8 + 4
  /// Kind, bytes of the body, and the checksum of these and the body.
  static let changeHeaderBytes = 1 + 8 + 4

  enum Kind: UInt8 {
    case points = 1
    case create
    case configure
    case delete
    case aliases
    case payloadField
    case recover
    case vectors
  }

  enum AliasKind: UInt8 {
    case create
    case delete
    case rename
  }

  /// What is told of a point beside its id and version.
  struct PointParts: OptionSet {
    let rawValue: UInt8
    static let deleted = PointParts(rawValue: 1)
    static let payload = PointParts(rawValue: 2)
    static let vectors = PointParts(rawValue: 4)
    static let all: PointParts = [.deleted, .payload, .vectors]
  }

  static func checksum(_ parts: UnsafeRawBufferPointer...) -> UInt32 {
    var checksum = CRC32C()
    for part in parts { checksum.update(part) }
    return checksum.value
  }
}

extension LogEntry {
  /// The entry as bytes.
  package func encoded() -> [UInt8] {
    Self.encoded(number: number, changes: changes.map { $0.encoded() })
  }

  /// An entry of changes that are bytes already.
  static func encoded(number: UInt64, changes: [[UInt8]]) -> [UInt8] {
    let length = changes.reduce(0) { $0 + $1.count }
    var bytes = LogFormat.magic
    bytes.reserveCapacity(LogFormat.headerBytes + length)
    bytes.append(LogFormat.version)
    bytes.appendBigEndian(number)
    bytes.appendBigEndian(UInt32(changes.count))
    bytes.appendBigEndian(UInt64(length))
    bytes.appendBigEndian(bytes.withUnsafeBytes { LogFormat.checksum($0) })
    for change in changes { bytes += change }
    return bytes
  }
}

extension LogChange {
  /// The change as it stands in an entry.
  func encoded() -> [UInt8] {
    var writer = LogWriter()
    switch self {
    case .points(let points): writer.append(points)
    case .catalog(let change): writer.append(change)
    }
    return writer.finish()
  }
}

/// Writes one change.
private struct LogWriter {
  private var bytes: [UInt8] = []

  init() {
    bytes = [UInt8](repeating: 0, count: LogFormat.changeHeaderBytes)
  }

  mutating func begin(_ kind: LogFormat.Kind, about byteCount: Int = 0) {
    bytes[0] = kind.rawValue
    bytes.reserveCapacity(LogFormat.changeHeaderBytes + byteCount)
  }

  /// Fills in what comes before the body.
  consuming func finish() -> [UInt8] {
    var header = [bytes[0]]
    header.appendBigEndian(UInt64(bytes.count - LogFormat.changeHeaderBytes))
    let checksum = header.withUnsafeBytes { header in
      bytes.withUnsafeBytes { all in
        LogFormat.checksum(
          header, UnsafeRawBufferPointer(rebasing: all[LogFormat.changeHeaderBytes...]))
      }
    }
    header.appendBigEndian(checksum)
    bytes.replaceSubrange(0..<LogFormat.changeHeaderBytes, with: header)
    return bytes
  }

  mutating func append(_ change: CatalogChange) {
    switch change {
    case .create(let name, let config):
      begin(.create)
      append(name)
      append { config.write(to: &$0) }
    case .configure(let name, let config):
      begin(.configure)
      append(name)
      append { config.write(to: &$0) }
    case .delete(let name):
      begin(.delete)
      append(name)
    case .aliases(let operations):
      begin(.aliases)
      bytes.appendBigEndian(UInt32(operations.count))
      for operation in operations { append(operation) }
    case .payloadField(let name, let path, let field):
      begin(.payloadField)
      append(name)
      append(path.description)
      append { writer in
        if let field { field.write(to: &writer) } else { writer.null() }
      }
    case .vectors(let name, let change):
      begin(.vectors)
      append(name)
      append(change)
    case .recover(let name, let checksum):
      begin(.recover)
      append(name)
      append(checksum)
    }
  }

  private mutating func append(_ change: VectorNameChange) {
    switch change {
    case .add(let vector, let declaration):
      append(vector)
      let config =
        switch declaration {
        case .dense(let params):
          CollectionConfig(vectors: .named([NamedVectorParams(name: vector, params: params)]))
        case .sparse(let params):
          CollectionConfig(
            vectors: .named([]),
            sparseVectors: [NamedSparseVectorParams(name: vector, params: params)])
        }
      append { config.write(to: &$0) }
    case .remove(let vector):
      append(vector)
      append { $0.null() }
    }
  }

  private mutating func append(_ operation: AliasOperation) {
    switch operation {
    case .create(let alias):
      bytes.append(LogFormat.AliasKind.create.rawValue)
      append(alias.name)
      append(alias.collection)
    case .delete(let name):
      bytes.append(LogFormat.AliasKind.delete.rawValue)
      append(name)
    case .rename(let from, let to):
      bytes.append(LogFormat.AliasKind.rename.rawValue)
      append(from)
      append(to)
    }
  }

  mutating func append(_ change: LoggedPoints) {
    begin(.points, about: change.byteCount)
    append(change.collection)
    bytes.appendBigEndian(change.nextOperation)
    var numbers: [String: UInt16] = [:]
    var names: [String] = []
    for point in change.points {
      guard case .present(_, let vectors?) = point.state else { continue }
      for vector in vectors where numbers[vector.name] == nil {
        numbers[vector.name] = UInt16(names.count)
        names.append(vector.name)
      }
    }
    bytes.appendBigEndian(UInt16(names.count))
    for name in names { append(name) }
    bytes.appendBigEndian(UInt32(change.points.count))
    for point in change.points { append(point, numbers) }
  }

  private mutating func append(_ point: LoggedPoint, _ numbers: [String: UInt16]) {
    KeyLayout.append(point.id, to: &bytes)
    bytes.appendBigEndian(point.version)
    guard case .present(let payload, let vectors) = point.state else {
      bytes.append(LogFormat.PointParts.deleted.rawValue)
      return
    }
    var parts: LogFormat.PointParts = []
    if payload != nil { parts.insert(.payload) }
    if vectors != nil { parts.insert(.vectors) }
    bytes.append(parts.rawValue)
    if let payload {
      bytes.appendBigEndian(UInt32(payload.json.count))
      bytes += payload.json
    }
    guard let vectors else { return }
    bytes.appendBigEndian(UInt16(vectors.count))
    for vector in vectors {
      bytes.appendBigEndian(numbers[vector.name] ?? 0)
      bytes.appendBigEndian(UInt32(vector.stored.count))
      bytes += vector.stored
    }
  }

  private mutating func append(_ text: String) {
    bytes.appendBigEndian(UInt32(text.utf8.count))
    bytes += text.utf8
  }

  private mutating func append(json write: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    write(&writer)
    bytes.appendBigEndian(UInt32(writer.bytes.count))
    bytes += writer.bytes
  }
}

extension LoggedPoints {
  /// About the bytes of its encoded form.
  fileprivate var byteCount: Int {
    points.reduce(64 + collection.utf8.count) { count, point in
      guard case .present(let payload, let vectors) = point.state else { return count + 32 }
      let values = (vectors ?? []).reduce(0) { $0 + 6 + $1.stored.count }
      return count + 40 + (payload?.json.count ?? 0) + values
    }
  }
}
