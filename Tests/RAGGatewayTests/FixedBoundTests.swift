import FastJSON
import Glibc
import HTTPTransfer
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import OpenAITestServer
import RAGGateway
import Testing

/// Bounds of the gateway that nobody sets, and nothing else reaches.
@Suite struct FixedBoundTests {
  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  // MARK: Requests

  /// Up to `keyCharactersMax`.
  @Test func keysOfRepetitionsAreShort() async throws {
    let name = try #require(HTTPField.Name("idempotency-key"))
    try await TestGateway().run { client in
      for (length, status) in [(255, 200), (256, 400)] {
        try await client.execute(
          uri: "/upload/chunks", method: .post, headers: [name: Self.repeated("k", length)],
          body: ByteBuffer(string: #"{"chunks":[{"page_content":"Some text."}]}"#)
        ) { #expect($0.status.code == status) }
      }
    }
  }

  /// As many as `FieldProblem.toldMax`.
  @Test func soManyProblemsAreTold() async throws {
    let members = (0..<150).map { #""m\#($0)":1"# }.joined(separator: ",")
    let chunks = Self.repeated("{},", 150).dropLast()
    try await TestGateway().run { client in
      for (path, body) in [
        ("/query", "{\(members)}"), ("/upload/chunks", #"{"chunks":[\#(chunks)]}"#),
      ] {
        let answer = try await client.post(path, body)
        #expect(answer.status == 422)
        let told = answer["detail"]?.arrayValue?.count ?? 0
        #expect((100...101).contains(told), "and what else is wrong with the whole: \(told)")
      }
    }
  }

  private static func form(_ names: [String]) -> String {
    names.map { name in
      "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\(name)\"\r\n\r\nText.\r\n"
    }.joined() + "--b--"
  }

  /// Of `filesMax`, `nameCharactersMax` and `FileBody.boundaryBytesMax`.
  @Test func aFormHasSoManyFilesOfSuchNames() async throws {
    let names = (0...100).map { "\($0).txt" }
    let long = Self.repeated("n", 496)
    try await TestGateway().run { client in
      for (names, status) in [
        (Array(names.dropLast()), 200), (names, 413), (["\(long).txt"], 200),
        (["\(long)n.txt"], 400),
      ] {
        try await client.execute(
          uri: "/upload/files", method: .post,
          headers: [.contentType: "multipart/form-data; boundary=b"],
          body: ByteBuffer(string: Self.form(names))
        ) { #expect($0.status.code == status) }
      }
    }
    let type = "multipart/form-data; boundary="
    #expect(FileBody.boundary(in: type + Self.repeated("b", 70)) != nil)
    #expect(FileBody.boundary(in: type + Self.repeated("b", 71)) == nil)
  }

  /// The first `partsMax` of them.
  @Test(arguments: [(99, 99), (100, 100), (101, 100)])
  func aNameComesInSoManyParts(count: Int, taken: Int) throws {
    let parts = (0..<count).map { "filename*\($0)=n" }.joined(separator: "; ")
    let form = "--b\r\nContent-Disposition: form-data; \(parts)\r\n\r\nText.\r\n--b--"
    let found = try FileBody.split(Array(form.utf8), boundary: "b")
    #expect(found.files.map(\.name) == [Self.repeated("n", taken)])
  }

  /// The first `EmbeddedLayout.titleCharactersMax` characters.
  @Test(arguments: [160, 161]) func soMuchOfATitleIsEmbedded(length: Int) async throws {
    let gateway = TestGateway()
    let title = Self.repeated("t", length)
    try await gateway.run { client in
      let body =
        #"{"chunks":[{"page_content":"Some text.","metadata":{"title":"\#(title)"}}]}"#
      let answer = try await client.post("/upload/chunks", body)
      #expect(answer.status == 200)
    }
    #expect(gateway.embedder.texts == [Self.repeated("t", 160) + "\nSome text."])
  }

  // MARK: Files

  /// Than `MailReader.depthMax` levels.
  @Test func partsOfAMailLieNoDeeper() throws {
    let folder = try TemporaryFolder()
    for (depth, isRead) in [(8, true), (9, false)] {
      var mail = "Content-Type: text/plain\r\n\r\nThe innermost text.\r\n"
      for level in 0..<depth {
        mail =
          "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n\(mail)"
          + "--b\(level)--\r\n"
      }
      try folder.write("m.eml", mail)
      let read = try DocumentReader.read(SourceFile(path: folder.path + "/m.eml", name: "m.eml"))
      let text = read.document.sections.map(\.text).joined()
      #expect(text.contains("The innermost text.") == isRead)
    }
  }

  /// Of `sectionRowsMax` rows.
  @Test func aTableIsDividedIntoSections() {
    let rows = (0..<41).map { "row \($0),\($0)\n" }.joined()
    let document = DocumentReader.document("name,number\n" + rows, name: "t.csv")
    #expect(document.sections.map { $0.text.split(separator: "\n\n").count } == [20, 20, 1])
  }

  /// Of `slugCharactersMax` characters.
  @Test(arguments: [80, 81]) func aLongHeadingMakesAShortName(length: Int) {
    let heading = Self.repeated("h", length)
    let document = SourceDocument(
      title: "T", sections: [.init(heading: heading, text: "Some text.")])
    let chunks = PassageMaker.chunks(of: document, name: "d")
    #expect(chunks.map(\.chunkID) == ["d#\(heading.prefix(80)).0"])
  }

  /// Within `declarationBytesMax`.
  @Test func anEncodingIsDeclaredAtTheBeginning() throws {
    let declaration = "<meta charset=iso-8859-5"
    for (end, isDeclared) in [(2_048, true), (2_049, false)] {
      let blank = Self.repeated(" ", end - declaration.utf8.count)
      let text = (blank + declaration + "><p>").utf8 + [0xbf, 0xe0, 0xd8, 0xd2, 0xd5, 0xe2]
      #expect(((try? DecodedText(Array(text)))?.certainty == .declared) == isDeclared)
    }
  }

  /// As many bytes of it as `sampleBytesMax`.
  @Test func aGuessIsMadeOfTheBeginning() throws {
    let sentence = Array("Le caf".utf8) + [0xe9] + Array(" est dans la rue voisine. ".utf8)
    let french = Array(repeating: sentence, count: 3_000).flatMap { $0 }
    // A sentence in KOI8-R.
    let russian: [UInt8] = [
      0xfc, 0xd4, 0xcf, 0x20, 0xd2, 0xd5, 0xd3, 0xd3, 0xcb, 0xc9, 0xca, 0x20, 0xd4, 0xc5, 0xcb,
      0xd3, 0xd4, 0x20, 0xcf, 0x20, 0xd0, 0xcf, 0xc7, 0xcf, 0xc4, 0xc5, 0x20, 0xc9, 0x20, 0xcf,
      0x20, 0xc7, 0xcf, 0xd2, 0xcf, 0xc4, 0xc1, 0xc8, 0x2c, 0x20, 0xcf, 0xce, 0x20, 0xc4, 0xcf,
      0xd7, 0xcf, 0xcc, 0xd8, 0xce, 0xcf, 0x20, 0xc4, 0xcc, 0xc9, 0xce, 0xce, 0xd9, 0xca, 0x2e,
      0x20,
    ]
    let other = Array(repeating: russian, count: 5_000).flatMap { $0 }
    let sample = Array(french.prefix(64 << 10))
    try #require(sample.count == 64 << 10 && other.count > sample.count)
    let guess = try DecodedText(sample)
    #expect(guess.certainty == .guessed)
    #expect(try DecodedText(sample + other).encoding == guess.encoding)
    // One control character in a hundred is too much for a text, and all that are there but one
    // lie in the sample.
    for (place, isText) in [(sample.count - 1, false), (sample.count, true)] {
      var bytes = french
      for index in 0..<sample.count / 100 { bytes[50 * index] = 1 }
      bytes[place] = 1
      #expect(((try? DecodedText(bytes)) != nil) == isText)
    }
    // Of a thousand bytes alone it would be the same.
    #expect(try DecodedText(Array(sample.prefix(1_000)) + other).encoding != guess.encoding)
  }

  /// The time is `secondsMax` otherwise; of what it complains of, `complaintBytesMax` is kept.
  @Test func aProgramHasItsTimeAndItsWords() throws {
    let folder = try TemporaryFolder()
    // Nobody writes into it, so that whoever opens it waits.
    let endless = folder.path + "/endless.pdf"
    try #require(mkfifo(endless, 0o600) == 0)
    let converter = try #require(Converter(.pdf))
    if converter.isInstalled {
      #expect(throws: IngestError.unreadable("pdftotext took more than 1 seconds")) {
        try converter.text(of: endless, limit: 1, seconds: 1)
      }
    }
    // It looks away where nobody could write.
    let writer = open(endless, O_RDWR)
    defer { close(writer) }
    #expect(throws: IngestError.unreadable("gzip took more than 1 seconds")) {
      try Converter.unpacked(endless, limit: 1, seconds: 1)
    }
    #expect(throws: ChildProcess.Failure.tooLong) {
      try ChildProcess.run("sleep", ["60"], environment: [], outputLimit: 1, seconds: 1)
    }
    let outcome = try ChildProcess.run(
      "sh", ["-c", "head -c 300000 /dev/zero >&2; echo done"], environment: [], outputLimit: 100,
      seconds: 60)
    #expect(outcome.errors.utf8.count == 64 << 10)
    #expect(outcome.output == Array("done\n".utf8))
  }

  // MARK: Answers

  private static func quote(_ text: String) async throws -> String {
    let embedder = HashingEmbedder(dimension: 512)
    let question = "which colours does the lamp have"
    let chunk = RetrievedChunk(chunkID: "a", title: "", text: text, score: 0.6)
    return try await ExtractiveGenerator(embedder: embedder).answer(
      AnswerRequest(
        question: question, questionVector: embedder.vector(of: question), chunks: [chunk])
    ).summary
  }

  private static let lead = "The lamp has these colours and no others:"

  /// As many as `codeLinesMax`.
  @Test func soManyLinesOfCodeAreQuoted() async throws {
    let code = (0..<9).map { "    colour(\($0))" }
    let quote = try await Self.quote("\(Self.lead)\n\n" + code.joined(separator: "\n"))
    #expect(quote.contains(code[..<6].joined(separator: "\n")))
    #expect(!quote.contains(code[6]))
  }

  /// Of `QuotableSentence.itemsMax`.
  @Test func aListOfSoManyItemsIsQuoted() async throws {
    for (count, isQuoted) in [(8, true), (9, false)] {
      let items = (0..<count).map { "- colour \($0)" }.joined(separator: "\n")
      let quote = try await Self.quote("\(Self.lead)\n\n\(items)")
      #expect(quote.contains("- colour 7") == isQuoted)
    }
  }

  /// Of `announcedCharactersMax`.
  @Test func aParagraphOfSuchALengthIsQuoted() async throws {
    for (count, isQuoted) in [(400, true), (401, false)] {
      let quote = try await Self.quote("\(Self.lead)\n\n\(Self.repeated("r", count - 1)).")
      #expect(quote.contains("rrr") == isQuoted)
    }
  }

  /// At `openingCharactersMax`, and twice that in the middle of a sentence.
  @Test func aPassageWithoutSentencesIsCut() async throws {
    // The sentence of 14 characters makes 300 together with 26 others, that of 15 one more.
    for (first, sentences) in [("Few long word.", 27), ("Few longs word.", 26)] {
      let quote = try await Self.quote(first + Self.repeated(" Few words.", 100))
      #expect(quote.ranges(of: "Few").count == sentences)
    }
    for (length, taken) in [(600, 600), (601, 600)] {
      let quote = try await Self.quote(Self.repeated("x", length))
      #expect(quote.count { $0 == "x" } == taken)
    }
  }

  /// Of `ExtractiveGenerator.titleCharactersMax` characters.
  @Test(arguments: [120, 121]) func aQuestionIsATitleUpToABound(length: Int) async throws {
    let embedder = HashingEmbedder()
    let question = Self.repeated("q", length)
    let answer = try await ExtractiveGenerator(embedder: embedder).answer(
      AnswerRequest(
        question: question, questionVector: embedder.vector(of: question),
        chunks: [RetrievedChunk(chunkID: "a", title: "", text: "Some text.", score: 0.6)]))
    #expect(answer.title == Self.repeated("q", 120))
  }

  /// In as many as `JSONExtraction.attemptsMax`.
  @Test func anObjectIsLookedForInSoManyPlaces() throws {
    let good = OpenAITestServer.goodContent
    #expect(try InsightDraft(reply: Self.repeated("{ ", 63) + good).title == "A title")
    #expect(throws: InsightDraft.Problem.self) {
      try InsightDraft(reply: Self.repeated("{ ", 64) + good)
    }
  }

  private static func generator(_ url: String) throws -> OpenAIGenerator {
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    return OpenAIGenerator(
      endpoint: JSONEndpoint(
        client: HTTPClient(), base: url, timeout: .seconds(60), retry: retry),
      model: "tiny", temperature: nil, prompt: try InsightPrompt.load(path: nil, version: "v1"),
      mode: nil, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private static let request = AnswerRequest(
    question: "What?", questionVector: [1, 0],
    chunks: [RetrievedChunk(chunkID: "a", title: "A", text: "A text.", score: 0.6)])

  /// It is shown `repairCharactersMax`; `refusalCharactersMax` are told of a refusal, and
  /// `complaintCharactersMax` of a complaint.
  @Test func aModelIsShownAndQuotedInParts() async throws {
    let prose = try #require(
      OpenAITestServer(faults: [.content(Self.repeated("p", 20_000)), .none]))
    _ = try await Self.generator(prose.url).answer(Self.request)
    let repair = try #require(prose.requests.last?.json)["messages"]?.arrayValue ?? []
    #expect(repair.contains { $0["content"]?.stringValue == Self.repeated("p", 8_000) })
    let refusing = try #require(
      OpenAITestServer(faults: [.refusal(Self.repeated("r", 5_000))]))
    let answer = try await Self.generator(refusing.url).answer(Self.request)
    #expect(answer.isRefusal && answer.summary == Self.repeated("r", 1_000))
    let complaint = #"{"error":{"message":"\#(Self.repeated("c", 5_000))"}}"#
    let failing = try #require(
      HTTPTestServer { _ in .respond(status: 200, body: complaint) })
    let told = Self.repeated("c", 300)
    await #expect(
      throws: GatewayError.generationFailed("the reply of tiny is no chat completion: \(told)")
    ) { try await Self.generator(failing.url).answer(Self.request) }
  }

  /// As many as `turnsMax`.
  @Test func aTerminalRemembersTheLastTurns() async throws {
    let server = try #require(
      HTTPTestServer { _ in
        .respond(
          status: 200, headers: [("Content-Type", "text/event-stream")],
          body: "event: insight\ndata: {\"summary\":\"An answer.\"}\n\nevent: done\ndata: {}\n\n")
      })
    let run = QuestionRun(GatewayAddress(url: server.url)) { _ in }
    defer { run.shutdown() }
    for number in 0..<8 { try await run.ask("Question \(number)?") }
    let sent = server.requests.map { $0.json["history"]?.arrayValue ?? [] }
    #expect(sent.map(\.count) == [0, 2, 4, 6, 8, 10, 10, 10])
    #expect(sent.last?.first?["content"]?.stringValue == "Question 2?")
  }
}
