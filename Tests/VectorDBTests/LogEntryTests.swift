import DatabaseFixture
import FastJSON
import PointModel
import SeededRandom
import Testing
import VectorDB

/// Entries of the log as bytes: what is written is read, and what is damaged is told.
@Suite struct LogEntryTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func whatIsWrittenIsRead(_ seed: UInt64) throws {
    var random = RandomEntries(seed: seed)
    for _ in 0..<25 {
      let entry = random.entry()
      #expect(try LogEntry(decoding: entry.encoded()) == entry)
    }
  }

  @Test func everyEndIsMissed() throws {
    var random = RandomEntries(seed: 100)
    for _ in 0..<10 {
      let bytes = random.entry().encoded()
      for count in 0..<bytes.count {
        #expect(throws: LogError.self) { try LogEntry(decoding: Array(bytes[..<count])) }
      }
    }
  }

  @Test func everyFlippedBitIsFound() throws {
    var random = RandomEntries(seed: 200)
    for _ in 0..<6 {
      let bytes = random.entry().encoded()
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &random.generator)
        #expect(throws: LogError.self) { try LogEntry(decoding: damaged) }
      }
    }
  }

  /// Counts and lengths that reach far beyond the bytes, with checksums that are right.
  @Test func claimsAreNotBelieved() throws {
    var random = RandomEntries(seed: 300)
    var outcomes: Set<String> = []
    for _ in 0..<4000 {
      var bytes = random.entry().encoded()
      guard bytes.count > 60 else { continue }
      for _ in 0..<Int.random(in: 1...3, using: &random.generator) {
        let index = Int.random(in: 42..<bytes.count, using: &random.generator)
        bytes[index] = [0, 1, 0x7f, 0xff].randomElement(using: &random.generator) ?? 0
      }
      bytes = Self.resealed(bytes)
      outcomes.insert(Self.outcome(of: bytes))
    }
    #expect(outcomes.isSuperset(of: ["truncated", "damaged"]))
  }

  private static func outcome(of bytes: [UInt8]) -> String {
    do throws(LogError) {
      _ = try LogEntry(decoding: bytes)
      return "read"
    } catch {
      switch error {
      case .truncated: return "truncated"
      case .damaged: return "damaged"
      default: return "other"
      }
    }
  }

  @Test func aLaterReleaseIsTold() throws {
    var bytes = LogEntry(number: 7, changes: []).encoded()
    bytes[4] = 2
    #expect(throws: LogError.newer("it has version 2, this release reads version 1")) {
      try LogEntry(decoding: Self.resealed(bytes))
    }
    bytes = LogEntry(number: 7, changes: [.catalog(.delete(collection: "a"))]).encoded()
    bytes[29] = 99
    #expect(throws: LogError.newer("it has a change of kind 99, which this release does not know"))
    {
      try LogEntry(decoding: Self.resealed(bytes))
    }
  }

  /// The bytes with the checksums that they should have, of an entry whose first change reaches to
  /// its end; others keep theirs.
  private static func resealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    put(checksum(bytes[..<25]), at: 25, &bytes)
    guard bytes.count >= 42 else { return bytes }
    let length = bytes[30..<38].reduce(0) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - 42) else { return bytes }
    put(checksum(bytes[29..<38] + bytes[42..<42 + Int(length)]), at: 38, &bytes)
    return bytes
  }

  private static func put(_ value: UInt32, at index: Int, _ bytes: inout [UInt8]) {
    for byte in 0..<4 { bytes[index + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte)) }
  }

  /// CRC-32C, bit by bit.
  private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var state = UInt32.max
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state & 1 == 0 ? state >> 1 : state >> 1 ^ 0x82f6_3b78 }
    }
    return ~state
  }
}

/// Draws entries of every kind.
private struct RandomEntries {
  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func entry() -> LogEntry {
    var changes: [LogChange] = []
    for _ in 0..<upTo(3) { changes.append(change()) }
    return LogEntry(number: generator.next(), changes: changes)
  }

  private mutating func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &generator) }

  private mutating func name() -> String {
    ["", "a", "things", "ünïcödé 名", "a/b c"][upTo(4)]
  }

  private mutating func change() -> LogChange {
    switch upTo(9) {
    case 0: return .catalog(.create(collection: name(), config()))
    case 1: return .catalog(.configure(collection: name(), config()))
    case 2: return .catalog(.delete(collection: name()))
    case 3:
      var operations: [AliasOperation] = []
      for _ in 0..<upTo(4) { operations.append(aliasOperation()) }
      return .catalog(.aliases(operations))
    case 4: return .catalog(.payloadField(collection: name(), path(), field()))
    case 5: return .catalog(.recover(collection: name(), checksum: name()))
    case 6: return .catalog(.vectors(collection: name(), vectorChange()))
    default:
      var points: [LoggedPoint] = []
      for _ in 0..<upTo(6) { points.append(point()) }
      return .points(
        LoggedPoints(collection: name(), nextOperation: generator.next(), points: points))
    }
  }

  private mutating func vectorChange() -> VectorNameChange {
    switch upTo(2) {
    case 0: return .remove(name: name())
    case 1:
      return .add(name: name(), .dense(VectorParams(size: 1 + upTo(20), distance: .cosine)))
    default: return .add(name: "words", .sparse(SparseVectorParams(modifier: .idf)))
    }
  }

  private mutating func aliasOperation() -> AliasOperation {
    switch upTo(2) {
    case 0: return .create(Alias(name: name(), collection: name()))
    case 1: return .delete(name())
    default: return .rename(from: name(), to: name())
    }
  }

  private mutating func config() -> CollectionConfig {
    let params = VectorParams(size: 1 + upTo(20), distance: .euclid)
    var vectors = VectorsConfig.unnamed(params)
    if upTo(1) == 0 {
      vectors = .named([
        NamedVectorParams(name: "a", params: params), NamedVectorParams(name: "b", params: params),
      ])
    }
    var config = CollectionConfig(vectors: vectors)
    if upTo(1) == 0 { config.metadata = ["owner": .string(name())] }
    if upTo(1) == 0 { config.strictMode = ["enabled": .bool(true)] }
    return config
  }

  private mutating func path() -> PayloadPath {
    PayloadPath(steps: [.key("a"), .everyElement, .key(upTo(1) == 0 ? "b" : "c d")])
  }

  private mutating func field() -> PayloadFieldSchema? {
    switch upTo(3) {
    case 0: return nil
    case 1: return PayloadFieldSchema(type: .keyword)
    case 2: return PayloadFieldSchema(.integer(IntegerIndexParams(lookup: true, range: false)))
    default: return PayloadFieldSchema(type: .text)
    }
  }

  private mutating func point() -> LoggedPoint {
    var id = PointID.number(generator.next())
    if upTo(1) == 0 { id = .uuid(PointUUID(high: generator.next(), low: generator.next())) }
    let version = generator.next()
    if upTo(4) == 0 { return LoggedPoint(id: id, version: version, state: .deleted) }
    var content: Payload?
    if upTo(2) > 0 { content = payload("{\"n\":\(upTo(1000))}") }
    var vectors: [LoggedVector]?
    if upTo(2) > 0 {
      var values: [LoggedVector] = []
      for _ in 0..<upTo(3) { values.append(LoggedVector(name: name(), stored: stored())) }
      vectors = values
    }
    return LoggedPoint(
      id: id, version: version, state: .present(payload: content, vectors: vectors))
  }

  private mutating func stored() -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<upTo(20) { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
    return bytes
  }
}
