import FastJSON
import Testing

/// Documents own their buffers for as long as they live, whatever parsers are used again.
@Suite struct JSONParserPoolTests {
  private func document(of value: Int, count: Int) throws -> JSONDocument {
    let text = "[" + [String](repeating: "\(value)", count: count).joined(separator: ",") + "]"
    return try JSONDocument(parsing: Array(text.utf8))
  }

  private func sum(_ document: JSONDocument) throws -> Int {
    try #require(document.root.array).reduce(0) { $0 + Int($1.int64 ?? -1) }
  }

  @Test func largeDocumentsKeepTheirValues() throws {
    let count = 700_000
    var kept: [(value: Int, document: JSONDocument)] = []
    for round in 1...6 {
      let document = try document(of: 1_000_000 + round, count: count)
      #expect(try sum(document) == (1_000_000 + round) * count)
      if round % 2 == 0 { kept.append((1_000_000 + round, document)) }
      if round % 3 == 0 { JSONParserPool.shared.releaseUnused() }
    }
    JSONParserPool.shared.releaseUnused()
    let small = try document(of: 7, count: 3)
    for (value, document) in kept { #expect(try sum(document) == value * count) }
    #expect(try sum(small) == 21)
  }
}
