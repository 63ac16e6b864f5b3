import Logging
import OpenAITestServer
import RAGGateway
import ServiceProcess
import Testing

@Suite struct GatewayAssemblyTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func assemble(_ environment: [String: String]) throws -> GatewayAssembly {
    try GatewayAssembly(
      settings: GatewaySettings(.init(environment: environment)), logger: logger)
  }

  @Test func missingModelNamesTheScript() {
    #expect {
      _ = try Self.assemble(["EMBEDDINGS__MODEL_PATH": "/nowhere"])
    } throws: { error in
      let text = (error as? GatewayStartError)?.description ?? ""
      return text.contains("scripts/fetch-model") && text.contains("/nowhere")
    }
  }

  @Test(arguments: ["openai", "extractive"]) func missingPromptIsNamed(_ provider: String) {
    #expect {
      _ = try Self.assemble([
        "EMBEDDINGS__PROVIDER": "openai", "EMBEDDINGS__BASE_URL": "http://models/v1",
        "LLM__PROVIDER": provider, "OPENAI_MODEL__BASE_URL": "http://models/v1",
        "PROMPT__INSIGHT_PATH": "/nowhere.yaml",
      ])
    } throws: { error in
      (error as? GatewayStartError)?.description.contains("/nowhere.yaml") == true
    }
  }

  @Test func providersAreChosen() async throws {
    let assembly = try Self.assemble([
      "EMBEDDINGS__PROVIDER": "openai", "EMBEDDINGS__BASE_URL": "http://models/v1",
      "EMBEDDINGS__MODEL": "text-embedding-ada-002", "LLM__PROVIDER": "openai",
      "OPENAI_MODEL__BASE_URL": "http://models/v1", "LLM__FALLBACK": "extractive",
      "QDRANT_VECTOR_STORE__COLLECTION_NAME": "docs", "QDRANT_VECTOR_STORE__K": "3",
    ])
    #expect(assembly.services.embedder is OpenAIEmbedder)
    #expect(assembly.services.embedder.similarityThreshold == 0.75)
    #expect(assembly.services.generator is FallbackGenerator)
    #expect(assembly.services.store.collection == "docs")
    #expect(assembly.services.retrieved == 3)
    await assembly.shutdown()
  }

  @Test func anAnswerOfAProviderHasABound() async throws {
    let longest = String(repeating: " ", count: GatewayLimits().replyBytes)
    for (body, reason) in [
      (longest, "is no list of embeddings"), (longest + " ", "the response is larger than allowed"),
    ] {
      let server = try #require(HTTPTestServer { _ in .respond(status: 200, body: body) })
      let assembly = try Self.assemble([
        "EMBEDDINGS__PROVIDER": "openai", "EMBEDDINGS__BASE_URL": server.url,
        "EMBEDDINGS__MODEL": "tiny",
      ])
      do throws(GatewayError) {
        _ = try await assembly.services.embedder.embed(["Arrows fly."])
        Issue.record("it was taken")
      } catch {
        #expect(error.message.hasSuffix(reason))
      }
      await assembly.shutdown()
    }
  }
}
