import Foundation
import SeededRandom
import SentenceEmbedding
import Testing

@Suite struct SafetensorsFileTests {
  static let header =
    #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
    + #""b":{"dtype":"F16","shape":[2],"data_offsets":[16,20]}}"#

  /// Length field, header padded to a multiple of eight, four floats and two half-precision values.
  static func bytes(header: String = header, length: UInt64? = nil, padding: Int = 0) -> [UInt8] {
    var text = Array(header.utf8)
    while text.count % 8 != padding { text.append(UInt8(ascii: " ")) }
    var bytes = withUnsafeBytes(of: (length ?? UInt64(text.count)).littleEndian) { Array($0) }
    bytes += text
    for value in [1, 2, 3, 4] as [Float] {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }
    return bytes + [0, 0, 0, 0]
  }

  static func open(_ bytes: [UInt8]) throws -> SafetensorsFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try SafetensorsFile(path: path.path)
  }

  @Test func `values of a sound file are read`() throws {
    let file = try Self.open(Self.bytes())
    #expect(try Array(file.floats("a", shape: [2, 2])) == [1, 2, 3, 4])
  }

  @Test func `wrong names, types and shapes are errors`() throws {
    let file = try Self.open(Self.bytes())
    #expect(throws: EmbeddingModelError.self) { try file.floats("c", shape: [2, 2]) }
    #expect(throws: EmbeddingModelError.self) { try file.floats("b", shape: [2]) }
    #expect(throws: EmbeddingModelError.self) { try file.floats("a", shape: [4]) }
    #expect(throws: EmbeddingModelError.self) { try file.floats("__metadata__", shape: [2, 2]) }
  }

  @Test func `a file cut anywhere gives an error and never a crash`() throws {
    let whole = Self.bytes()
    for count in 0..<(whole.count - 4) {
      #expect(throws: EmbeddingModelError.self, "cut to \(count) bytes") {
        try Self.open(Array(whole.prefix(count))).floats("a", shape: [2, 2])
      }
    }
  }

  @Test(arguments: [
    "", "{", "[]", "null", "{\"a\":1}", "{\"a\":{}}", "\u{0}\u{1}",
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[16,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[-16,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,15]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,9223372036854775807]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,1e300]}}"#,
    #"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,16]}}"#,
    #"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[4611686018427387904,"#
      + "4611686018427387920]}}",
    #"{"a":{"dtype":"F32","shape":"2,2","data_offsets":[0,16]}}"#,
  ])
  func `a bad header is an error`(header: String) {
    #expect(throws: EmbeddingModelError.self) {
      // The four bytes after the floats are cut off: [8, 24] lies outside.
      try Self.open(Self.bytes(header: header).dropLast(4)).floats("a", shape: [2, 2])
    }
  }

  @Test(arguments: [0, 1, 1 << 20, 1 << 62, UInt64(Int64.max), UInt64.max])
  func `a wrong header length is an error`(length: UInt64) {
    #expect(throws: EmbeddingModelError.self) { try Self.open(Self.bytes(length: length)) }
  }

  /// Than `headerBytesMax`.
  @Test func `a header is not longer than any real one`() throws {
    let most = 16 << 20
    for (length, isRead) in [(most, true), (most + 8, false)] {
      let header = Self.header + String(repeating: " ", count: length - Self.header.utf8.count)
      let file = try? Self.open(Self.bytes(header: header))
      #expect((file != nil) == isRead)
    }
  }

  @Test func `values that are not aligned are an error`() {
    #expect(throws: EmbeddingModelError.self) {
      try Self.open(Self.bytes(padding: 3)).floats("a", shape: [2, 2])
    }
  }

  @Test func `random changes of the header never crash`() throws {
    let seed: UInt64 = 7
    print("damaged header seed: \(seed)")
    var generator = SeededGenerator(seed: seed)
    let sound = Self.bytes()
    for _ in 0..<500 {
      var bytes = sound
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let index = Int.random(in: 0..<(sound.count - 20), using: &generator)
        bytes[index] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        let file = try Self.open(bytes)
        // The values live no longer than the file.
        try withExtendedLifetime(file) {
          let values = try file.floats("a", shape: [2, 2])
          #expect(values.count == 4)
          _ = values.reduce(0, +)
        }
      } catch is EmbeddingModelError {
      }
    }
  }
}
