import ProtoWire
import SeededRandom
import Testing

/// The examples of the format's own description, round trips, and bytes that are no message.
struct ProtoWireTests {
  private func fields(_ bytes: [UInt8]) throws(ProtoError) -> [UInt32] {
    var numbers: [UInt32] = []
    let result = bytes.withUnsafeBytes { bytes -> Result<Void, ProtoError> in
      do throws(ProtoError) {
        try ProtoMessage(bytes).forEachField { numbers.append($0.number) }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    return numbers
  }

  private func read<Value>(
    _ bytes: [UInt8], _ body: (ProtoField) throws -> Value
  ) throws -> [Value] {
    try bytes.withUnsafeBytes { bytes in
      var values: [Value] = []
      var reader = ProtoMessage(bytes).fields
      while let field = try reader.next() { values.append(try body(field)) }
      return values
    }
  }

  @Test func `the number 150 in field 1`() throws {
    #expect(try read([0x08, 0x96, 0x01]) { try $0.uint64() } == [150])
    var writer = ProtoWriter()
    writer.varint(1, 150 as UInt64)
    #expect(writer.bytes == [0x08, 0x96, 0x01])
  }

  @Test func `a string, and a message within a message`() throws {
    let string: [UInt8] = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]
    #expect(try read(string) { try $0.string() } == ["testing"])
    let nested: [UInt8] = [0x1a, 0x03, 0x08, 0x96, 0x01]
    let inner = try read(nested) { field in
      var fields = try field.message().fields
      return try fields.next()?.uint64()
    }
    #expect(inner == [150])
  }

  @Test func `negative numbers have ten bytes`() throws {
    var writer = ProtoWriter()
    writer.varint(1, -2 as Int64)
    #expect(writer.bytes == [0x08, 0xfe] + [UInt8](repeating: 0xff, count: 8) + [0x01])
    #expect(try read(writer.bytes) { try $0.int64() } == [-2])
    #expect(try read(writer.bytes) { try $0.int32() } == [-2])
  }

  @Test(arguments: [0, 1, 5, 31, 32, 127, 128, 1000, 70_000])
  func `packed and single floats read alike`(count: Int) throws {
    let values = (0..<count).map { Float($0) * 0.25 - 7 }
    var packed = ProtoWriter()
    packed.packed(101, values)
    var single = ProtoWriter()
    for value in values { single.float(101, value) }
    for bytes in [packed.bytes, single.bytes] {
      var list: [Float] = []
      _ = try read(bytes) { try $0.append(to: &list) }
      #expect(list == values)
    }
  }

  @Test func `packed numbers, and lists in several pieces`() throws {
    var writer = ProtoWriter()
    writer.packed(2, [0, 1, 300, .max] as [UInt32])
    writer.varint(2, 7 as UInt64)
    writer.packed(2, [] as [UInt32])
    var list: [UInt32] = []
    _ = try read(writer.bytes) { try $0.append(to: &list) }
    #expect(list == [0, 1, 300, .max, 7])
  }

  @Test(arguments: [0, 1, 127, 128, 129, 16_383, 16_384, 3_000_000])
  func `messages of any length`(count: Int) throws {
    var writer = ProtoWriter()
    writer.message(1) { writer in
      writer.message(2) { writer in
        writer.string(3, String(repeating: "x", count: count))
      }
      writer.bool(4, true)
    }
    writer.double(5, 1.5)
    let read = try writer.bytes.withUnsafeBytes { bytes in
      var outer = ProtoMessage(bytes).fields
      var first = try #require(try outer.next()).message().fields
      var second = try #require(try first.next()).message().fields
      let string = try #require(try second.next()).string()
      #expect(try #require(try first.next()).bool())
      #expect(try #require(try outer.next()).double() == 1.5)
      #expect(try outer.next() == nil)
      return string
    }
    #expect(read.utf8.count == count)
  }

  @Test func `groups are passed over`() throws {
    // Field 1 is a group with a varint and a group in it; field 2 is a varint.
    let bytes: [UInt8] = [0x0b, 0x08, 0x01, 0x13, 0x14, 0x0c, 0x10, 0x05]
    #expect(try fields(bytes) == [2])
    #expect(throws: ProtoError.invalidWireType(4)) { try fields([0x0b, 0x14]) }
    #expect(throws: ProtoError.tooDeep) { try fields([UInt8](repeating: 0x0b, count: 200)) }
  }

  @Test func `bytes that are no message`() {
    #expect(throws: ProtoError.truncated) { try fields([0x08]) }
    #expect(throws: ProtoError.truncated) { try fields([0x0d, 1, 2, 3]) }
    #expect(throws: ProtoError.truncated) { try fields([0x12, 0x02, 0x61]) }
    #expect(throws: ProtoError.truncated) {
      try fields([0x12] + [UInt8](repeating: 0xff, count: 9) + [0x01])
    }
    #expect(throws: ProtoError.overlongVarint) {
      try fields([0x08] + [UInt8](repeating: 0xff, count: 9) + [0x02])
    }
    #expect(throws: ProtoError.invalidTag) { try fields([0x00, 0x00]) }
    #expect(throws: ProtoError.invalidWireType(6)) { try fields([0x0e]) }
    #expect(throws: ProtoError.invalidUTF8(field: 2)) {
      try read([0x12, 0x01, 0xff]) { try $0.string() }
    }
    #expect(throws: ProtoError.unexpectedWireType(field: 1)) {
      try read([0x08, 0x01]) { try $0.string() }
    }
    #expect(throws: ProtoError.raggedList(field: 1)) {
      try read([0x0a, 0x03, 1, 2, 3]) { field in
        var list: [Float] = []
        try field.append(to: &list)
        return list
      }
    }
  }

  @Test func `messages nest no deeper than is said`() throws {
    var bytes: [UInt8] = []
    for _ in 0...ProtoMessage.depthMax {
      var writer = ProtoWriter()
      bytes.withUnsafeBytes { writer.bytes(1, $0) }
      bytes = writer.bytes
    }
    func depth(_ message: ProtoMessage) throws(ProtoError) -> Int {
      var fields = message.fields
      guard let field = try fields.next() else { return 0 }
      return 1 + (try depth(try field.message()))
    }
    #expect(throws: ProtoError.tooDeep) {
      try bytes.withUnsafeBytes { try depth(ProtoMessage($0)) }
    }
  }

  @Test func `damaged bytes give an error or fields, and nothing else`() throws {
    var generator = SeededGenerator(seed: 1)
    var writer = ProtoWriter()
    writer.varint(1, 1 << 40 as UInt64)
    writer.message(2) { $0.packed(1, [1, 2, 3] as [Float]) }
    writer.string(3, "payload")
    writer.packed(4, [9, 900, 90_000] as [UInt32])
    for _ in 0..<20_000 {
      var bytes = writer.bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
      _ = try? read(bytes) { field in
        _ = try? field.string()
        var floats: [Float] = []
        try? field.append(to: &floats)
        var numbers: [UInt32] = []
        try? field.append(to: &numbers)
        #expect(floats.count * 4 <= bytes.count)
        #expect(numbers.count <= bytes.count)
      }
    }
  }
}
