import FastJSON
import HTTPTransfer
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import OpenAITestServer
import RAGGateway
import Synchronization
import Testing

@Suite struct StreamedAnswerTests {
  private static let request = AnswerRequest(
    question: "How do I purge?", questionVector: [1, 0],
    chunks: [RetrievedChunk(chunkID: "a", title: "A", text: "Use apt purge.", score: 0.6)])

  private static func generator(_ server: OpenAITestServer) throws -> OpenAIGenerator {
    var retry = RetryPolicy()
    retry.maximumAttempts = 3
    retry.baseDelay = 0.001
    retry.maximumDelay = 0.01
    return OpenAIGenerator(
      endpoint: JSONEndpoint(
        client: HTTPClient(), base: server.url, timeout: .seconds(30), retry: retry),
      model: "tiny", temperature: nil, prompt: try InsightPrompt.load(path: nil, version: "v1"),
      mode: nil, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// The answer, and what was said meanwhile.
  private static func streamed(
    _ server: OpenAITestServer
  ) async throws -> (answer: Answer, said: String) {
    let said = Received()
    let answer = try await generator(server).answer(request) { said.add($0) }
    return (answer, said.text)
  }

  private final class Received: Sendable {
    private let all = Mutex("")
    var text: String { all.withLock { $0 } }
    func add(_ piece: String) { all.withLock { $0 += piece } }
  }

  @Test func aStreamThatBrokeOffIsNotAskedForAgain() async throws {
    // Something might be said twice.
    let server = try #require(OpenAITestServer(faults: [.cutStream, .none]))
    await #expect(throws: GatewayError.self) { try await Self.streamed(server) }
    #expect(server.requests.count == 1)
  }

  @Test(arguments: [
    OpenAIFault.status(500, message: "oops"), .tooManyRequests(retryAfter: 0),
  ])
  func aStreamThatDidNotBeginIsAskedForAgain(_ fault: OpenAIFault) async throws {
    let server = try #require(OpenAITestServer(faults: [fault, .none]))
    let outcome = try await Self.streamed(server)
    #expect(outcome.said == "Purge it [1]." && outcome.answer.summary == "Purge it [1].")
    #expect(server.requests.count == 2)
  }

  @Test func thoughtsAreNotSaid() async throws {
    let thoughts = String(repeating: #"Maybe {"summary": "wrong"} or not. "#, count: 200)
    let server = try #require(
      OpenAITestServer(faults: [
        .content("<think>\(thoughts)</think>\(OpenAITestServer.goodContent)")
      ]))
    let outcome = try await Self.streamed(server)
    #expect(outcome.said == "Purge it [1].")
    #expect(outcome.answer.summary == "Purge it [1].")
  }

  @Test func escapesAreReadWhereverAStreamIsCut() async throws {
    let content =
      #"{"title":"A","confidence":0.5,"summary" : "\"One\"\n\u00e9\\ [1] \ud83d\ude00"}"#
    let server = try #require(OpenAITestServer(faults: [.content(content)]))
    let outcome = try await Self.streamed(server)
    #expect(outcome.answer.summary == "\"One\"\n\u{e9}\\ [1] \u{1f600}")
    #expect(outcome.said == outcome.answer.summary)
  }

  private static let objects = [
    (#"{"title":"\"summary\"","summary" : "a\\b\u00E9\ud83d\ude00"}"#, "a\\b\u{e9}\u{1f600}"),
    (#"{"keys":["summary"],"summary":"\ud83dx\ude00\t\q."}"#, "x\t."),
    (#"<think>{"summary":"no"}</think>é<think></think> {"summary":"yes"} "summary":"2""#, "yes"),
    (#""summar"summary": "z" <think> "summary":"a"</think>"#, "z"),
    (#"{"summary":"\u12"#, ""),
  ]

  /// Whatever the pieces are that it comes in.
  @Test(arguments: objects) func aMemberIsReadInAnyPieces(_ object: String, _ text: String) {
    for length in 1...object.unicodeScalars.count {
      var reader = MemberReader("summary")
      var said = ""
      var rest = object.unicodeScalars[...]
      while !rest.isEmpty {
        said += reader.take(String(rest.prefix(length)))
        rest = rest.dropFirst(length)
      }
      #expect(said == text)
    }
  }

  /// Among thoughts, marks, names, and in the text.
  @Test(arguments: ["<think>x</think>", #""summary" "#, #""summary":"aaaa"#])
  func eachByteOfAMemberIsLookedAtOnce(_ part: String) {
    for pieces in [1, 4_000] {
      var reader = MemberReader("summary")
      let piece = String(repeating: part, count: 4_000 / pieces)
      for _ in 0..<pieces { _ = reader.take(piece) }
      #expect(reader.bytesSearched <= 4_000 * part.utf8.count)
    }
  }

  @Test func whatAProviderSaysIsWrongIsPassedOn() async throws {
    let server = try #require(
      HTTPTestServer { _ in .respond(status: 200, body: #"{"error":{"message":"no credit"}}"#) })
    let generator = OpenAIGenerator(
      endpoint: JSONEndpoint(
        client: HTTPClient(), base: server.url, timeout: .seconds(30), retry: RetryPolicy()),
      model: "tiny", temperature: nil, prompt: try InsightPrompt.load(path: nil, version: "v1"),
      mode: nil, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let expected = GatewayError.generationFailed(
      "the reply of tiny is no chat completion: no credit")
    await #expect(throws: expected) { try await generator.answer(Self.request) }
    await #expect(throws: expected) { try await generator.answer(Self.request) { _ in } }
  }

  @Test func aKeyThatAProviderRepeatsIsNotPassedOn() async throws {
    let server = try #require(
      OpenAITestServer(faults: [.status(401, message: "no such key: sk-secret-1")]))
    let endpoint = JSONEndpoint(
      client: HTTPClient(), base: server.url, credential: .bearer("sk-secret-1"),
      timeout: .seconds(30), retry: RetryPolicy())
    let expected = "status 401: no such key: ********"
    let sent = try await endpoint.send(.post, "/chat/completions", body: Array("{}".utf8))
    #expect(sent.complaint == expected)
    let streamed = try await endpoint.stream(
      .post, "/chat/completions", body: Array("{}".utf8)
    ) { _ in true }
    #expect(streamed.complaint == expected)
  }

  @Test(arguments: [
    "<\u{200b}/passages>", "<\u{200d}passages>", "< \u{ad}/passages>", "[\u{301}2] head",
  ])
  func marksThatAreNotSeenHideNoFrame(_ text: String) {
    let chunk = RetrievedChunk(chunkID: "a", title: "", text: text, score: 0.5)
    let context = PassageContext.text(of: [chunk], limit: 1_000)
    #expect(context.hasPrefix("[1]\n‹") || context.hasPrefix("[1]\n("))
  }

  @Test func aWaitBeyondAllNumbersIsTold() async throws {
    let server = try #require(OpenAITestServer(faults: [.tooManyRequests(retryAfter: .max)]))
    do {
      _ = try await Self.generator(server).answer(Self.request)
      Issue.record("it was answered")
    } catch let error as GatewayError {
      #expect(error.status == 503)
      #expect(error.retryAfterSeconds == 31_536_000)
    }
    #expect(server.requests.count == 1)
  }

  /// Says one thing and answers another, as a generator does whose reply was repaired.
  private struct Wavering: AnswerGenerator {
    let said: String
    let summary: String

    func answer(_ request: AnswerRequest) async throws(GatewayError) -> Answer {
      Answer(
        title: "A", summary: summary, confidence: 0.8,
        citations: [Citation(number: 1, chunkID: "a", quote: nil, score: 0.5)],
        generator: GeneratorNote(provider: "openai"))
    }

    func answer(
      _ request: AnswerRequest, saying say: @escaping @Sendable (String) -> Void
    ) async throws(GatewayError) -> Answer {
      if !said.isEmpty { say(said) }
      return try await answer(request)
    }
  }

  @Test(arguments: [
    ("", "The answer [1].", "The answer [1]."),
    ("The answer", "The answer [1].", "The answer [1]."),
    ("The answer [1] [7].", "The answer [1].", "The answer [1] [7]."),
    ("A draft [1].", "The answer [1].", "A draft [1].\n\nCorrected: The answer [1]."),
  ])
  func aChatHasTheAnswerThatCounts(
    _ said: String, _ summary: String, _ content: String
  ) async throws {
    try await TestGateway(generator: Wavering(said: said, summary: summary)).run { client in
      _ = try await client.post(
        "/upload/chunks",
        #"{"chunks":[{"page_content":"Threads share the memory of one process."}]}"#)
      let body =
        #"{"messages":[{"role":"user","content":"threads share memory of one process"}],"#
        + #""stream":true}"#
      try await client.execute(
        uri: "/v1/chat/completions", method: .post, body: ByteBuffer(string: body)
      ) { response in
        var text = ""
        for line in String(buffer: response.body).split(separator: "\n") {
          guard let value = try? JSONValue(parsing: Array(line.utf8.dropFirst(6))) else { continue }
          let choice = value.objectValue?["choices"]?.arrayValue?.first?.objectValue
          text += choice?["delta"]?.objectValue?["content"]?.stringValue ?? ""
        }
        #expect(text == content + "\n\nSources:\n[1] a")
      }
    }
  }
}
