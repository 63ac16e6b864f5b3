import FastJSON
import HTTPTransfer
import OpenAITestServer
import RAGGateway
import Synchronization
import Testing

@Suite struct IngestorTests {
  /// Takes uploads as a gateway does, but for chunks that hold a word.
  private final class Uploader: ChunkUploading {
    private let stored = Mutex<[String: String]>([:])
    let failure: IngestError?

    init(failure: IngestError? = nil) { self.failure = failure }

    var ids: Set<String> { stored.withLock { Set($0.keys) } }

    func upload(_ chunks: [Chunk]) async throws(IngestError) -> UploadSummary {
      if let failure { throw failure }
      if chunks.contains(where: { $0.pageContent.contains("poison") }) {
        throw .rejected("status 502: no")
      }
      return stored.withLock { stored in
        var summary = UploadSummary()
        for chunk in chunks {
          let old = stored.updateValue(chunk.pageContent, forKey: chunk.chunkID ?? "")
          if old == nil {
            summary.uploaded += 1
          } else if old == chunk.pageContent {
            summary.unchanged += 1
          } else {
            summary.updated += 1
          }
        }
        return summary
      }
    }
  }

  private final class Lines: Sendable {
    private let text = Mutex("")
    var all: String { text.withLock { $0 } }
    func write(_ more: String) { text.withLock { $0 += more } }
  }

  private static func run(
    _ uploader: Uploader, _ paths: [String], isTerminal: Bool = false
  ) async throws -> (report: IngestReport, output: String) {
    let lines = Lines()
    let bar = ProgressBar(isTerminal: isTerminal) { lines.write($0) }
    let report = try await Ingestor(uploader: uploader, progress: bar).run(paths)
    return (report, lines.all)
  }

  @Test func walksFoldersAndReportsFailures() async throws {
    let folder = try TemporaryFolder()
    try folder.write("docs/a.md", "# A\nText of a.")
    try folder.write("docs/inner/b.html", "<h1>B</h1><p>Text of b.</p>")
    try folder.write("docs/c.txt", bytes: [0x63, 0xe9, 0x2e])
    try folder.write("docs/empty.txt", "  \n")
    try folder.write("docs/bad.txt", "This is poison.")
    try folder.write("docs/binary.txt", bytes: [1, 0, 2])
    try folder.write("docs/image.png", "no text")
    try folder.write("docs/.hidden/d.md", "Hidden.")
    let uploader = Uploader()
    let (report, output) = try await Self.run(
      uploader, [folder.path + "/docs/", folder.path + "/missing"])
    #expect(uploader.ids == ["docs/a.md#a.0", "docs/inner/b.html#b.0", "docs/c.txt#text.0"])
    #expect(report.passages.uploaded == 3)
    #expect(report.failedFiles == 3)
    #expect(report.emptyFiles == 1)
    #expect(output.contains("failed: \(folder.path)/docs/bad.txt: gateway: status 502: no\n"))
    #expect(output.contains("failed: \(folder.path)/docs/binary.txt: not a text file\n"))
    #expect(output.contains("failed: \(folder.path)/missing: no such file or folder\n"))
    #expect(output.contains("note: \(folder.path)/docs/c.txt: not UTF-8, read as Latin-1\n"))
    #expect(
      report.text
        == "7 files: 3 passages uploaded, 0 updated, 0 unchanged; 1 files without text; 3 failed")
  }

  @Test func secondRunChangesNothing() async throws {
    let folder = try TemporaryFolder()
    try folder.write("docs/a.md", "# A\nText of a.\n# B\nText of b.")
    let uploader = Uploader()
    _ = try await Self.run(uploader, [folder.path + "/docs"])
    let again = try await Self.run(uploader, [folder.path + "/docs"])
    #expect(again.report.passages.unchanged == 2)
    #expect(again.report.passages.uploaded == 0)
  }

  @Test func oneNameForTwoFilesIsAFailure() async throws {
    let folder = try TemporaryFolder()
    try folder.write("x/a.txt", "One.")
    try folder.write("y/a.txt", "Two.")
    let uploader = Uploader()
    let (report, output) = try await Self.run(
      uploader, [folder.path + "/x/a.txt", folder.path + "/y/a.txt", folder.path + "/x/a.txt"])
    #expect(report.failedFiles == 1)
    #expect(output.contains("would be stored as a.txt, as \(folder.path)/x/a.txt is"))
  }

  @Test func stopsWhenNobodyIsThere() async throws {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "One.")
    let uploader = Uploader(failure: .unreachable("gone"))
    await #expect(throws: IngestError.unreachable("gone")) {
      _ = try await Self.run(uploader, [folder.path])
    }
  }

  @Test func terminalGetsABar() async throws {
    let folder = try TemporaryFolder()
    try folder.write("a.txt", "One.")
    let (_, output) = try await Self.run(Uploader(), [folder.path], isTerminal: true)
    #expect(output.contains("1/1 files, 1 passages"))
    #expect(output.contains("█"))
    #expect(output.hasSuffix("\r\u{1b}[2K"))
  }

  @Test func clientSpeaksToAGateway() async throws {
    let server = try #require(
      HTTPTestServer { request in
        request.path == "/upload/chunks"
          ? .respond(
            status: 200,
            body:
              #"{"success":true,"message":"","uploaded":1,"unchanged":2,"updated":3,"failed":[]}"#)
          : .respond(status: 404, body: "")
      })
    let endpoint = JSONEndpoint(
      client: HTTPClient(), base: server.url, timeout: .seconds(5), retry: RetryPolicy())
    let summary = try await GatewayClient(endpoint: endpoint).upload([
      Chunk(pageContent: "P", metadata: ["chunk_id": .string("i")])
    ])
    #expect((summary.uploaded, summary.unchanged, summary.updated) == (1, 2, 3))
    #expect(
      server.requests.first?.json
        == .object([
          "chunks": .array([
            .object([
              "page_content": .string("P"), "metadata": .object(["chunk_id": .string("i")]),
            ])
          ])
        ]))
  }

  @Test func clientTellsWhatTheGatewaySaid() async throws {
    let server = try #require(
      HTTPTestServer { _ in .respond(status: 409, body: #"{"detail":"Other model"}"#) })
    let endpoint = JSONEndpoint(
      client: HTTPClient(), base: server.url, timeout: .seconds(5), retry: RetryPolicy())
    await #expect(throws: IngestError.rejected("status 409: Other model")) {
      try await GatewayClient(endpoint: endpoint).upload([Chunk(pageContent: "P")])
    }
  }
}
