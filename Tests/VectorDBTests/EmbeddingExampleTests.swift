import Foundation
import Testing
import VectorDB

/// The README's example of embedding the engine, which is the code between the two marks.
@Suite struct EmbeddingExampleTests {
  private func example(_ folder: String) async throws {
    // Begins.
    let database = try Database.open(at: folder, logger: Logger(label: "colours"))
    try await database.createCollection(
      named: "colours",
      config: CollectionConfig(vectors: .unnamed(VectorParams(size: 3, distance: .cosine))))
    let colours = try database.collection(named: "colours")
    let points = [
      Point(
        id: .number(1), vectors: [NamedVector(name: "", values: [0.9, 0.1, 0])],
        payload: Payload(["name": .string("red")])),
      Point(
        id: .number(2), vectors: [NamedVector(name: "", values: [0.1, 0.9, 0.1])],
        payload: Payload(["name": .string("green")])),
    ]
    _ = try await colours.apply([.upsert(points)])  // on disk when it returns

    let nearest = QueryRequest(query: .nearest(.dense([1, 0, 0])), limit: 1, withPayload: .all)
    for hit in try await colours.query([nearest])[0] {
      print(hit.record.id, hit.score, try hit.record.payload?.parsed()["name"] ?? .null)
    }
    await database.close()
    // Ends.
  }

  @Test func itRuns() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "quiver-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await example(folder.path)
  }

  @Test func itIsTheOneInTheReadme() throws {
    let source = URL(filePath: #filePath)
    let lines = try String(contentsOf: source, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let begin = try #require(lines.firstIndex { $0.hasSuffix("// Begins.") })
    let end = try #require(lines.firstIndex { $0.hasSuffix("// Ends.") })
    let code = lines[(begin + 1)..<end].map { $0.dropFirst(4) }.joined(separator: "\n")
    let root = source.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("```swift\nimport VectorDB\n\n\(code)\n```"))
  }
}
