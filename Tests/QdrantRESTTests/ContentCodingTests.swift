import NIOCore
import QdrantREST
import Testing
import TransportBase

@Suite struct ContentCodingTests {
  @Test(arguments: [
    (nil, nil), ("", nil), ("identity", nil), ("gzip", ContentCoding.gzip),
    ("gzip, deflate, br", .brotli), ("gzip, deflate", .gzip), ("deflate", .deflate),
    ("GZIP;q=0.5, br;q=0.1", .gzip), ("gzip;q=0, *", .brotli), ("*", .brotli), ("*;q=0", nil),
    ("br;q=0.5, identity", nil), ("gzip;q=0", nil), ("zstd, x-gzip", .gzip), ("zstd", .zstd),
    ("lz4, x-gzip", .gzip), ("lz4", nil),
    ("gzip ; q=0.3 , deflate;q=0.4", .deflate), ("gzip;q=abc", nil),
  ])
  func theBestLikedIsTaken(accepted: String?, expected: ContentCoding?) {
    #expect(ContentCoding.preferred(by: accepted) == expected)
  }

  private static let text = (0..<20_000).map { "point \($0) " }.joined()

  static func packed(_ text: String, as coding: ContentCoding) throws -> ByteBuffer {
    let packer = try #require(Packer(coding))
    var result = packer.pack(ByteBuffer(string: text), isLast: false)
    result.writeImmutableBuffer(packer.pack(ByteBuffer(), isLast: true))
    return result
  }

  /// What comes out when the packing arrives in pieces of so many bytes.
  private static func unpacked(
    _ packed: ByteBuffer, as coding: ContentCoding, inPiecesOf size: Int
  ) throws -> ByteBuffer {
    let unpacker = Unpacker(coding)
    var (rest, result) = (packed, ByteBuffer())
    while var piece = rest.readSlice(length: min(size, rest.readableBytes)),
      piece.readableBytes > 0
    {
      repeat {
        let out = try unpacker.unpack(&piece, upTo: 1000)
        #expect(out.readableBytes <= 1000)
        result.writeImmutableBuffer(out)
      } while piece.readableBytes > 0 || unpacker.hasMore
    }
    try unpacker.finish()
    return result
  }

  @Test(arguments: ContentCoding.allCases, [1, 77, 1 << 20])
  func whatIsPackedIsUnpacked(coding: ContentCoding, size: Int) throws {
    let packed = try Self.packed(Self.text, as: coding)
    #expect(packed.readableBytes < Self.text.utf8.count / 2)
    let result = try Self.unpacked(packed, as: coding, inPiecesOf: size)
    #expect(result == ByteBuffer(string: Self.text))
  }

  /// The exponent of the window beyond ten: of eight megabytes, which `zstdWindowBitsMax` stands
  /// for, or of sixteen.
  @Test(arguments: [(13, true), (14, false)])
  func largeWindowsAreRefused(exponent: UInt8, isTaken: Bool) throws {
    // A frame without checksum or size, and one raw block that holds an x.
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, exponent << 3, 9, 0, 0, UInt8(ascii: "x")]
    let unpack = {
      try Self.unpacked(ByteBuffer(bytes: frame), as: .zstd, inPiecesOf: frame.count)
    }
    if isTaken {
      #expect(try unpack() == ByteBuffer(string: "x"))
    } else {
      #expect(throws: PackingError.self) { try unpack() }
    }
  }

  @Test(arguments: ContentCoding.allCases)
  func brokenPackingsAreToldSo(coding: ContentCoding) throws {
    let packed = try Self.packed(Self.text, as: coding)
    let cut = try #require(packed.getSlice(at: 0, length: packed.readableBytes - 5))
    #expect(throws: PackingError.self) {
      try Self.unpacked(cut, as: coding, inPiecesOf: 1000)
    }
    var followed = packed
    followed.writeString("and more")
    #expect(throws: PackingError.self) {
      try Self.unpacked(followed, as: coding, inPiecesOf: 1 << 20)
    }
    #expect(throws: PackingError.self) {
      try Self.unpacked(ByteBuffer(string: "no packing at all"), as: coding, inPiecesOf: 100)
    }
  }

  @Test func severalMembersAreOneBody() throws {
    var packed = try Self.packed("one", as: .gzip)
    packed.writeImmutableBuffer(try Self.packed("two", as: .gzip))
    let result = try Self.unpacked(packed, as: .gzip, inPiecesOf: 10)
    #expect(result == ByteBuffer(string: "onetwo"))
  }
}
