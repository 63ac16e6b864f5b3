import FastJSON
import FoundationEssentials
import HTTPTransfer
import OpenAITestServer
import RAGGateway
import Synchronization
import Testing

@Suite struct IngestorTests {
  /// Takes uploads as a gateway does, but for chunks that hold a word.
  private final class Uploader: ChunkUploading {
    private let stored = Mutex<[String: String]>([:])
    private let sizes = Mutex<[Int]>([])
    let failure: IngestError?

    init(failure: IngestError? = nil) { self.failure = failure }

    var ids: Set<String> { stored.withLock { Set($0.keys) } }
    /// How many chunks each upload had.
    var batches: [Int] { sizes.withLock { $0 } }

    func upload(_ chunks: [Chunk]) async throws(IngestError) -> UploadSummary {
      if let failure { throw failure }
      sizes.withLock { $0.append(chunks.count) }
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

    func prune(document: String, keeping ids: [String]) async throws(IngestError) -> Int {
      stored.withLock { stored in
        let stale = stored.keys.filter { $0.hasPrefix("\(document)#") && !ids.contains($0) }
        for id in stale { stored[id] = nil }
        return stale.count
      }
    }
  }

  /// Of `batchPassagesMax` passages.
  @Test func aLongFileGoesInBatches() async throws {
    let folder = try TemporaryFolder()
    try folder.write("a.md", (0..<130).map { "# Heading \($0)\n\nText \($0).\n\n" }.joined())
    let uploader = Uploader()
    _ = try await Self.run(uploader, [folder.path + "/a.md"])
    #expect(uploader.batches == [64, 64, 2])
  }

  /// After `pauseSecondsMax` at the latest.
  @Test func whatFailedIsTriedAgainSoonerOrLater() {
    let pauses = [0, 1, 2, 11, 12, 13, Int32.max].map { IngestRun.pauseSeconds(afterFailures: $0) }
    #expect(pauses == [nil, 5, 10, 55, 60, 60, 60])
  }

  @Test func whatADocumentNoLongerHasIsRemoved() async throws {
    let folder = try TemporaryFolder()
    try folder.write("docs/a.md", "# A\nText of a.\n# B\nText of b.")
    let uploader = Uploader()
    _ = try await Self.run(uploader, [folder.path + "/docs"])
    try folder.write("docs/a.md", "# A\nText of a.")
    let (report, _) = try await Self.run(uploader, [folder.path + "/docs"])
    #expect(uploader.ids == ["docs/a.md#a.0"])
    #expect(report.removedPassages == 1)
    #expect(report.text.contains("1 unchanged, 1 removed"))
  }

  @Test func aFolderOfOtherKindsIsAFailure() async throws {
    let folder = try TemporaryFolder()
    try folder.write("code/a.c", "int x;")
    try folder.write("code/b.bin", bytes: [0])
    let (report, output) = try await Self.run(Uploader(), [folder.path])
    #expect(report.failedFiles == 1)
    #expect(output.contains("files of other kinds are left out: 1 .bin, 1 .c"))
    #expect(output.contains("failed: there is no file of a kind that is read"))
    try folder.write("code/sheet.xlsx", bytes: [0])
    let (second, told) = try await Self.run(Uploader(), [folder.path])
    #expect(second.failedFiles == 1)
    #expect(told.contains("sheet.xlsx: not a kind of file that is read (.xlsx)"))
  }

  @Test func aLinkToAFileInTheTreeIsNotReadTwice() async throws {
    let folder = try TemporaryFolder()
    try folder.write("docs/b.md", "# A\nText of a.")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/docs/a.md", withDestinationPath: folder.path + "/docs/b.md")
    let uploader = Uploader()
    let (_, output) = try await Self.run(uploader, [folder.path + "/docs"])
    #expect(uploader.ids == ["docs/b.md#a.0"])
    #expect(output.contains("note: 1 links"))
  }

  @Test func aLinkThatLeadsOutOfTheFolderIsLeftOut() async throws {
    let folder = try TemporaryFolder()
    try folder.write("docs/a.md", "# A\nText of a.")
    try folder.write("docs/sub/.hidden/b.md", "# B\nText of b.")
    try folder.write("docs-of-others/secret.txt", "A password.")
    for (link, target) in [
      ("passwords.txt", folder.path + "/docs-of-others/secret.txt"),
      ("above.txt", "../docs-of-others/secret.txt"), ("own.md", "sub/.hidden/b.md"),
    ] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path + "/docs/" + link, withDestinationPath: target)
    }
    let uploader = Uploader()
    let (report, output) = try await Self.run(uploader, [folder.path + "/docs/"])
    #expect(uploader.ids.sorted() == ["docs/a.md#a.0", "docs/own.md#b.0"])
    #expect(report.failedFiles == 0)
    #expect(output.contains("note: 2 links that lead out of the folder are left out"))
    // One that somebody names is meant.
    let named = Uploader()
    _ = try await Self.run(named, [folder.path + "/docs/above.txt"])
    #expect(named.ids.count == 1)
  }

  @Test func aFileBeyondTheLimitIsRefused() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "big.txt", bytes: [UInt8](repeating: 0x61, count: DocumentReader.sourceBytesMax + 1))
    let (report, output) = try await Self.run(Uploader(), [folder.path])
    #expect(report.failedFiles == 1)
    #expect(output.contains("33554433 bytes are more than the 33554432"))
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
    try folder.write(
      "docs/c.txt", bytes: Array("Le caf".utf8) + [0xe9] + Array(" est dans la rue voisine.".utf8))
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
    #expect(output.contains("note: \(folder.path)/docs/c.txt: neither UTF-8 nor marked, read as "))
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

  @Test func aLongFileTellsItsPassages() {
    let lines = Lines()
    let bar = ProgressBar(isTerminal: false) { lines.write($0) }
    bar.advance(done: 0, of: 1, passages: 0, current: "long.txt")
    for passages in stride(from: 64, through: 2_048, by: 64) { bar.passagesDone(passages) }
    bar.advance(done: 1, of: 1, passages: 2_048, current: "")
    #expect(
      lines.all == """
        0/1 files, 1024 passages
        0/1 files, 2048 passages
        1/1 files, 2048 passages

        """)
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
      client: HTTPClient(), base: server.url, timeout: .seconds(60), retry: RetryPolicy())
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

  @Test(arguments: [
    (409, #"{"detail":"Other model"}"#, "Other model"),
    (
      422,
      #"{"detail":[{"loc":["body","chunks",0,"x"],"msg":"B"},{"loc":["body"],"msg":"C"}]}"#,
      "chunks.0.x: B; C"
    ),
  ])
  func clientTellsWhatTheGatewaySaid(_ status: Int, body: String, reason: String) async throws {
    let server = try #require(HTTPTestServer { _ in .respond(status: status, body: body) })
    let endpoint = JSONEndpoint(
      client: HTTPClient(), base: server.url, timeout: .seconds(60), retry: RetryPolicy())
    await #expect(throws: IngestError.rejected("status \(status): \(reason)")) {
      try await GatewayClient(endpoint: endpoint).upload([Chunk(pageContent: "P")])
    }
  }
}
