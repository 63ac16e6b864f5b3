import RAGGateway
import Testing

@Suite struct LineSplitterTests {
  private static func take(_ piece: some Sequence<UInt8>, _ lines: inout LineSplitter) -> [String] {
    let bytes = Array(piece)
    return bytes.withUnsafeBytes { lines.take($0) }.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func linesAreTheSameHoweverTheyAreCut() {
    let text = "data: one\n\ndata: two\r\nlast".utf8
    for size in 1...text.count {
      var lines = LineSplitter()
      var found: [String] = []
      for start in stride(from: 0, to: text.count, by: size) {
        found += Self.take(text.dropFirst(start).prefix(size), &lines)
      }
      #expect(found == ["data: one", "", "data: two\r"])
      #expect(String(decoding: lines.pending, as: UTF8.self) == "last")
      #expect(lines.bytesSearched == text.count)
    }
  }

  @Test func aLineWithoutAnEndIsLookedAtOnce() {
    var lines = LineSplitter()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1000)
    for _ in 0..<1000 { #expect(Self.take(piece, &lines).isEmpty) }
    #expect(lines.bytesSearched == 1_000_000)
    #expect(Self.take("\n".utf8, &lines).first?.utf8.count == 1_000_000)
    #expect(lines.bytesSearched == 1_000_001)
  }
}
