import FastJSON
import Hummingbird
import HummingbirdTesting
import Logging
import OpenAITestServer
import RAGGateway
import ServiceProcess
import Testing

@Suite struct MetricsRouteTests {
  @Test func countsAnswersByRouteAndStatus() async throws {
    try await TestGateway().run { client in
      _ = try await client.get("/health/live")
      _ = try await client.get("/health/live")
      _ = try await client.post("/insight/query", #"{"question":""}"#)
      _ = try await client.get("/nowhere/secret")
      let text = try await client.execute(uri: "/metrics", method: .get) { response in
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/plain; charset=utf-8")
        return String(buffer: response.body)
      }
      func labels(_ method: String, _ route: String, _ status: Int) -> String {
        #"{method="\#(method)",endpoint="\#(route)",status="\#(status)"}"#
      }
      #expect(text.contains("rest_responses_total\(labels("GET", "/health/live", 200)) 2\n"))
      #expect(text.contains("rest_responses_total\(labels("POST", "/insight/query", 422)) 1\n"))
      #expect(text.contains("rest_responses_duration_seconds_bucket"))
      #expect(text.contains("\nmemory_resident_bytes "))
      #expect(!text.contains("secret"))
    }
  }

  @Test func countsWhatTheModelsAreAskedFor() async throws {
    let vectors = try #require(OpenAITestServer(faults: [.tooManyRequests(retryAfter: 0), .none]))
    let chat = try #require(OpenAITestServer(faults: [.content("prose"), .none, .emptyContent]))
    let settings = try GatewaySettings(
      .init(environment: [
        "EMBEDDINGS__PROVIDER": "openai", "EMBEDDINGS__BASE_URL": vectors.url,
        "EMBEDDINGS__API_KEY": "sk", "LLM__PROVIDER": "openai", "LLM__FALLBACK": "extractive",
        "OPENAI_MODEL__BASE_URL": chat.url, "OPENAI_MODEL__API_KEY": "sk",
      ]))
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let assembly = try GatewayAssembly(settings: settings, logger: logger)
    var services = assembly.services
    services.store = MemoryStore()
    let application = Application(router: GatewayRouter.make(services), logger: logger)
    try await application.test(.router) { client in
      let text = "Apt purges packages and their settings."
      _ = try await client.post("/upload/chunks", #"{"chunks":[{"page_content":"\#(text)"}]}"#)
      for status in ["answered", "degraded"] {
        let answer = try await client.post("/query", #"{"question":"\#(text)"}"#)
        #expect(answer["status"] == .string(status))
      }
      let lines = try await client.execute(uri: "/metrics", method: .get) { response in
        String(buffer: response.body).split(separator: "\n").map(String.init)
      }
      func value(_ name: String) -> Double? {
        lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
      }
      #expect(value("rag_embedding_retries_total") == 1)
      #expect(try #require(value("rag_embedding_batches_total")) >= 3)
      #expect(try #require(value("rag_embedding_texts_total")) >= 3)
      #expect(value("rag_llm_requests_total") == 4)
      #expect(value("rag_llm_repairs_total") == 2)
      #expect(value("rag_llm_degraded_total") == 1)
      #expect(try #require(value("rag_llm_seconds_total")) > 0)
      #expect(try #require(value(#"rag_llm_tokens_total{kind="prompt"}"#)) > 100)
      #expect(value("rag_no_knowledge_total") == 0)
      #expect(value(#"rag_retrieval_top_score_bucket{le="+Inf"}"#) == 2)
      #expect(value("rag_requests_in_flight") == 0)
    }
    await assembly.shutdown()
  }
}
