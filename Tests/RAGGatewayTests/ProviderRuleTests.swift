import FastJSON
import HTTPTransfer
import Logging
import OpenAITestServer
import RAGGateway
import Testing

/// One row of the rules for providers that go wrong a test, beside those of the generator and the
/// embedder themselves.
@Suite struct ProviderRuleTests {
  private static let request = AnswerRequest(
    question: "How do I purge?", questionVector: [1, 0],
    chunks: [
      RetrievedChunk(chunkID: "a", title: "A", text: "Use apt purge.", score: 0.6),
      RetrievedChunk(chunkID: "b", title: "", text: "Other text.", score: 0.4),
    ])

  private static func endpoint(_ server: OpenAITestServer) -> JSONEndpoint {
    var retry = RetryPolicy()
    retry.maximumAttempts = 3
    retry.baseDelay = 0.001
    retry.maximumDelay = 0.01
    return JSONEndpoint(
      client: HTTPClient(), base: server.url, credential: .bearer("sk-test"),
      timeout: .seconds(30), retry: retry)
  }

  private static func generator(_ server: OpenAITestServer) throws -> OpenAIGenerator {
    OpenAIGenerator(
      endpoint: endpoint(server), model: "tiny", temperature: nil,
      prompt: try InsightPrompt.load(path: nil, version: "v1"), mode: nil,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private static func embedder(_ server: OpenAITestServer) -> OpenAIEmbedder {
    OpenAIEmbedder(
      endpoint: endpoint(server), model: "tiny", expectedDimension: nil, batch: 8, concurrency: 2)
  }

  private static func failure<Made>(
    _ work: () async throws -> Made
  ) async -> GatewayError? {
    do {
      _ = try await work()
      return nil
    } catch {
      return error as? GatewayError
    }
  }

  @Test(arguments: [
    (OpenAIFault.tooManyRequests(retryAfter: 0), 3), (.busy(retryAfter: 0), 3),
    (.busy(retryAfter: 90), 1), (.tooManyRequests(retryAfter: 90), 1),
  ])
  func whatStaysBusyIsToldWithItsTime(_ fault: OpenAIFault, requests: Int) async throws {
    for isEmbedding in [false, true] {
      let server = try #require(OpenAITestServer(faults: [fault]))
      let error = await Self.failure {
        if isEmbedding {
          _ = try await Self.embedder(server).embed(["a"])
        } else {
          _ = try await Self.generator(server).answer(Self.request)
        }
      }
      #expect(error?.status == 503)
      #expect(try #require(error?.retryAfterSeconds) == (requests == 1 ? 90 : 1))
      #expect(server.requests.count == requests)
    }
  }

  @Test(arguments: [401, 403, 404, 422])
  func whatIsFinalIsNotTriedAgain(_ status: Int) async throws {
    let server = try #require(OpenAITestServer(faults: [.status(status, message: "no such")]))
    let error = await Self.failure { try await Self.generator(server).answer(Self.request) }
    #expect(error == .generationFailed("status \(status): no such"))
    #expect(server.requests.count == 1)
  }

  @Test(arguments: [400, 404, 422, 501])
  func aComplaintAboutTheFormatStepsDown(_ status: Int) async throws {
    let server = try #require(
      OpenAITestServer(
        faults: [.status(status, message: "`response_format.type` json_schema is unknown"), .none]))
    let generator = try Self.generator(server)
    _ = try await generator.answer(Self.request)
    #expect(generator.mode == .jsonObject)
    // An answer with the same words that failed for another reason changes nothing.
    let full = try #require(
      OpenAITestServer(faults: [.status(402, message: "response_format is for paying users")]))
    let other = try Self.generator(full)
    _ = await Self.failure { try await other.answer(Self.request) }
    #expect(other.mode == .jsonSchema)
  }

  @Test func aReplyThatWasCutOffIsRepairedAndTold() async throws {
    let server = try #require(
      OpenAITestServer(faults: [.truncated(#"{"title":"T","summary":"S [1]"#), .none]))
    let answer = try await Self.generator(server).answer(Self.request)
    #expect(answer.title == "A title")
    let messages = server.requests.last?.json["messages"]?.arrayValue
    #expect(messages?.last?["content"]?.stringValue?.contains("so be shorter") == true)
  }

  @Test func contentInPartsIsRead() async throws {
    let server = try #require(OpenAITestServer(faults: [.parts(OpenAITestServer.goodContent)]))
    #expect(try await Self.generator(server).answer(Self.request).title == "A title")
    #expect(server.requests.count == 1)
  }

  @Test func inventedMembersAndReferencesCountForNothing() async throws {
    let content =
      #"{"title":"T","summary":"S [1] [9]","confidence":1,"metadata":[{"chunk_id":"x"}]}"#
    let server = try #require(OpenAITestServer(faults: [.content(content)]))
    let answer = try await Self.generator(server).answer(Self.request)
    #expect(answer.citations.map(\.chunkID) == ["a"])
    #expect(!answer.summary.contains("[9]"))
  }

  @Test func aStreamThatBreaksIsAFailure() async throws {
    let server = try #require(OpenAITestServer(faults: [.cutStream]))
    let error = await Self.failure {
      try await Self.generator(server).answer(Self.request) { _ in }
    }
    #expect(error?.status == 502 || error?.status == 503)
  }

  @Test(arguments: [OpenAIFault.wordVectors, .extraVector])
  func vectorsThatDoNotFitAreTold(_ fault: OpenAIFault) async throws {
    let server = try #require(OpenAITestServer(faults: [fault]))
    let error = await Self.failure { try await Self.embedder(server).embed(["a", "b"]) }
    #expect(error?.status == 502)
    #expect(server.requests.count == 1)
  }

  @Test func theDeadlineBindsTheEmbedderToo() async throws {
    let server = try #require(OpenAITestServer(faults: [.hang]))
    let soon = RequestDeadline(in: .milliseconds(200))
    let error = await RequestDeadline.$current.withValue(soon) {
      await Self.failure { try await Self.embedder(server).embed(["a"]) }
    }
    #expect(error?.status == 503)
    // One that has no time left is not asked at all, or gives up at once.
    #expect(server.requests.count <= 1)
  }
}
