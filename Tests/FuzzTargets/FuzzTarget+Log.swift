import DatabaseFixture
import PointModel
import Storage
import VectorDB

/// Entries of the log, whose checksums are right, whatever they hold.
extension FuzzTarget {
  /// One entry, all of its bytes.
  static let logEntry: FuzzTarget = {
    let samples = sampleEntries
    return FuzzTarget(
      name: "log-entry",
      example: { source in
        var bytes = samples[source.number(below: samples.count)]
        if source.chance(2) { LogFrames.alter(&bytes, &source) }
        return bytes
      },
      alter: { LogFrames.alter(&$0, &$1) },
      read: { (try? LogEntry(decoding: Array($0))) != nil })
  }()

  private static let sampleEntries: [[UInt8]] = {
    let config = CollectionConfig(vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
    let points = LoggedPoints(
      collection: "c", nextOperation: 3,
      points: [
        LoggedPoint(id: .number(1), version: 1, state: .deleted),
        LoggedPoint(
          id: .number(2), version: 2,
          state: .present(
            payload: payload(#"{"a":[1,"x"]}"#),
            vectors: [LoggedVector(name: "", stored: [0, 0, 128, 63, 0, 0, 0, 64])])),
      ])
    let entries: [[LogChange]] = [
      [.points(points)], [.catalog(.create(collection: "c", config)), .points(points)],
      [
        .catalog(.aliases([.create(Alias(name: "a", collection: "c"))])),
        .catalog(.delete(collection: "c")),
      ],
      [.catalog(.recover(collection: "c", checksum: String(repeating: "0", count: 64)))],
    ]
    return entries.enumerated().map {
      LogEntry(number: UInt64($0.offset), changes: $0.element).encoded()
    }
  }()
}

/// The changes in an entry, as `StorageFormat` lays them out.
private enum LogFrames {
  typealias Change = (kind: UInt8, body: [UInt8])

  /// Magic, version and number; a count, a length and a checksum follow.
  private static let beginBytes = 4 + 1 + 8
  private static let headerBytes = beginBytes + 4 + 8 + 4
  private static let changeHeaderBytes = 1 + 8 + 4

  /// Changes what an entry holds, and makes its checksums right again.
  static func alter(_ bytes: inout [UInt8], _ source: inout FuzzSource) {
    var changes = changes(of: bytes)
    guard bytes.count >= headerBytes, let place = changes.indices.randomElement(using: &source)
    else { return }
    switch source.number(below: 8) {
    case 0: changes[place].kind = UInt8(source.number(below: 10))
    case 1: changes.insert(changes[place], at: source.number(below: changes.count))
    case 2: changes.remove(at: place)
    default: source.mutate(&changes[place].body)
    }
    bytes = sealed(changes, after: bytes.prefix(beginBytes))
  }

  private static func changes(of bytes: [UInt8]) -> [Change] {
    var changes: [Change] = []
    var rest = bytes.dropFirst(headerBytes)
    while rest.count >= changeHeaderBytes {
      let kind = rest[rest.startIndex]
      let length = rest.dropFirst().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let body = rest.dropFirst(changeHeaderBytes).prefix(Int(clamping: length))
      changes.append((kind, Array(body)))
      rest = rest.dropFirst(changeHeaderBytes + body.count)
    }
    return changes
  }

  private static func sealed(_ changes: [Change], after begin: ArraySlice<UInt8>) -> [UInt8] {
    var bodies: [UInt8] = []
    for change in changes {
      var header = [change.kind]
      append(UInt64(change.body.count), to: &header)
      append(checksum(header + change.body), to: &header)
      bodies += header + change.body
    }
    var entry = Array(begin)
    append(UInt32(changes.count), to: &entry)
    append(UInt64(bodies.count), to: &entry)
    append(checksum(entry), to: &entry)
    return entry + bodies
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var checksum = CRC32C()
    bytes.withUnsafeBytes { checksum.update($0) }
    return checksum.value
  }

  private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
  }
}
