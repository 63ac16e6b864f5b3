import PayloadIndex
import VectorDB

/// Keys and records of the store, and the words that values are ordered by in indexes: what is read
/// is written again as it was.
extension FuzzTarget {
  /// Records of each kind, the first byte says of which.
  static let keys = FuzzTarget(
    name: "keys",
    example: { source in
      let kind = source.number(below: RecordReaders.allCases.count)
      return [UInt8(kind)] + record(RecordReaders.allCases[kind], &source)
    },
    alter: { bytes, source in
      let kinds = RecordReaders.allCases
      guard let first = bytes.first, kinds[Int(first) % kinds.count] == .catalogEntry else {
        return source.mutate(&bytes)
      }
      var entry = Array(bytes.dropFirst())
      catalogMaker.alter(&entry, &source)
      bytes = [first] + entry
    },
    read: { bytes in
      guard let first = bytes.first else { return false }
      let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
      let kind = RecordReaders.allCases[Int(first) % RecordReaders.allCases.count]
      guard let written = kind.rewritten(rest) else { return false }
      if kind == .catalogEntry {
        // Its text may be any other of the same meaning; what we write is read as it was meant.
        let again = written.withUnsafeBytes { kind.rewritten($0) }
        precondition(again == written, "a catalogue entry is not what was written")
      } else {
        precondition(rest.starts(with: written), "a record is not what was read")
      }
      return true
    })

  private static func record(_ kind: RecordReaders, _ source: inout FuzzSource) -> [UInt8] {
    let id =
      source.chance(2)
      ? [0] + bytes(8, &source) : [1] + bytes(16, &source)
    return switch kind {
    case .id: id
    case .point: [1] + bytes(8, &source) + id + Array(#"{"a":[1,"x"]}"#.utf8)
    case .location, .counters: bytes(12, &source)
    case .catalogEntry: catalogMaker.text(&source)
    }
  }

  private static func bytes(_ count: Int, _ source: inout FuzzSource) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: source.next()) }
  }

  private static let catalogMaker = JSONMaker([
    #"""
    {"name":"c","vector_numbers":{"":0,"s":1},"next_vector_number":3,"config":{"params":{"vectors":
    {"size":4,"distance":"Cosine","datatype":"float16","on_disk":true},"sparse_vectors":{"s":
    {"modifier":"idf"}}},"optimizer_config":{"indexing_threshold":10}},"payload_schema":
    {"a":"keyword","t":{"type":"text","tokenizer":"word"}}}
    """#,
    #"""
    {"name":"d","vector_numbers":{"m":7},"config":{"params":{"vectors":{"m":{"size":2,
    "distance":"Dot","multivector_config":{"comparator":"max_sim"}}}},"metadata":{"x":1}}}
    """#,
  ])

  /// Two numbers, as integers and as floating-point ones: their words have their order, and lead
  /// back to them.
  static let keyWords = FuzzTarget(
    name: "key-words",
    example: { source in
      [source.integer(), source.integer()].flatMap { number in
        withUnsafeBytes(of: source.chance(2) ? number : source.double().bitPattern) { Array($0) }
      }
    },
    read: { bytes in
      guard bytes.count >= 16 else { return false }
      let words = [0, 8].map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
      let integers = words.map { Int64(bitPattern: $0) }
      let keys = integers.map { KeyCoding.word($0) }
      precondition(keys.map(KeyCoding.integer) == integers)
      precondition((keys[0] < keys[1]) == (integers[0] < integers[1]))
      let unsigned = words.map { KeyCoding.word($0) }
      precondition((unsigned[0] < unsigned[1]) == (words[0] < words[1]))
      let doubles = words.map { Double(bitPattern: $0) }
      guard !doubles.contains(where: \.isNaN) else { return true }
      let places = doubles.map { KeyCoding.word($0) }
      precondition(places.map(KeyCoding.double) == doubles)
      precondition((places[0] < places[1]) == (doubles[0] < doubles[1]))
      return true
    })
}
