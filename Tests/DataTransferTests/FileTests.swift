import DataTransfer
import Testing

@Suite struct FileTests {
  @Test(arguments: ["a\nbb\n\nccc\n", "a\nbb\n\nccc", "a\r\nbb\r\n\r\nccc\r\n"])
  func `lines come without their ends and with their places`(text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, to: "lines")
    let reader = try LineReader(path: path, maximumBytes: 100)
    var lines: [String] = []
    var places: [Int] = []
    while let line = try reader.next() {
      lines.append(String(decoding: line, as: UTF8.self))
      places.append(reader.position)
    }
    #expect(lines == ["a", "bb", "", "ccc"])
    #expect(places.last == text.utf8.count)
    let later = try LineReader(path: path, from: places[0], maximumBytes: 100)
    #expect(try later.next() == Array("bb".utf8))
  }

  @Test func `lines longer than a read are whole, and too long ones refused`() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "x", count: 3 << 20)
    let path = try folder.write("a\n\(long)\nb\n", to: "long")
    let reader = try LineReader(path: path, maximumBytes: 4 << 20)
    #expect(try reader.next() == Array("a".utf8))
    #expect(try reader.next()?.count == 3 << 20)
    #expect(try reader.next() == Array("b".utf8))
    #expect(try reader.next() == nil)
    let strict = try LineReader(path: path, maximumBytes: 1 << 20)
    #expect(try strict.next() == Array("a".utf8))
    #expect(throws: TransferError.self) { try strict.next() }
  }

  static func npy(_ header: String, _ data: [UInt8]) -> [UInt8] {
    let text = Array(header.utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 255), UInt8(text.count >> 8)]
      + text + data
  }

  /// Up to `headerBytesMax` it has an end.
  @Test(arguments: [(1 << 20, true), (1 << 20 + 1, false)])
  func `a header that has no end is not read`(length: Int, isRead: Bool) throws {
    let folder = try TemporaryFolder()
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0]
    let sizes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }"
    let blank = [UInt8](repeating: 0x20, count: length - text.utf8.count)
    let path = try folder.write(start + sizes + Array(text.utf8) + blank, to: "long.npy")
    if isRead {
      #expect(try NPYFile(path: path).dimension == 2)
    } else {
      let error = #expect(throws: TransferError.self) { try NPYFile(path: path) }
      #expect(error?.description.contains("its header is too long") == true)
    }
  }

  @Test func `matrices of all three float types are read`() throws {
    let folder = try TemporaryFolder()
    let expected: [Float] = [1, -2, 0.5, 0, 65504, 0.25]
    let halves: [UInt16] = [0x3C00, 0xC000, 0x3800, 0, 0x7BFF, 0x3400]
    func bytes<T: FixedWidthInteger>(_ numbers: [T]) -> [UInt8] {
      numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    }
    for (type, data) in [
      ("<f2", bytes(halves)), ("<f4", bytes(expected.map(\.bitPattern))),
      ("<f8", bytes(expected.map { Double($0).bitPattern })),
    ] {
      let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (3, 2), }\n"
      let file = try NPYFile(path: folder.write(Self.npy(header, data), to: "m.npy"))
      #expect(file.rowCount == 3 && file.dimension == 2)
      #expect(try file.rows(0..<3) == expected)
      #expect(try file.rows(2..<3) == [65504, 0.25])
    }
  }

  @Test(arguments: [
    "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 2), }\n",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (300, 2), }\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807), }\n",
  ])
  func `other matrices are refused with their path`(header: String) throws {
    let folder = try TemporaryFolder()
    let bytes = Self.npy(header, [UInt8](repeating: 0, count: 24))
    let path = try folder.write(bytes, to: "m.npy")
    let error = #expect(throws: TransferError.self) { _ = try NPYFile(path: path) }
    #expect(error?.description.hasPrefix(path) == true)
  }

  @Test func `a file that is cut off anywhere goes on behind its last whole line`() throws {
    let folder = try TemporaryFolder()
    let whole = "{\"id\":1,\"vector\":[1]}\n{\"id\":\"a\",\"vector\":[2]}\n"
    let first = whole.utf8.firstIndex(of: 0x0A).map {
      whole.utf8.distance(from: whole.startIndex, to: $0)
    }
    let firstEnd = try #require(first) + 1
    for length in 0...whole.utf8.count {
      let path = try folder.write(Array(whole.utf8.prefix(length)), to: "e.partial")
      let tail = try PartialExport(path: path).tail()
      switch length {
      case ..<firstEnd: #expect(tail == nil, "\(length)")
      case ..<whole.utf8.count:
        #expect(tail?.count == 1 && tail?.lastID == Array("1".utf8), "\(length)")
      default: #expect(tail?.count == 2 && tail?.lastID == Array("\"a\"".utf8))
      }
      let rest = try LineReader(path: path, maximumBytes: 100)
      var count = 0
      while try rest.next() != nil { count += 1 }
      #expect(count == tail?.count ?? 0)
    }
  }
}
