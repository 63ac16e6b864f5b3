import Hummingbird
import HummingbirdTesting
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
}
