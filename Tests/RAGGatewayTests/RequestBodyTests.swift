import FastJSON
import RAGGateway
import Testing

@Suite struct RequestBodyTests {
  private static func problems(_ response: GatewayResponse) -> [String] {
    guard case .array(let list)? = response["detail"] else { return [] }
    return list.map { problem in
      guard case .object(let members) = problem, case .array(let place)? = members["loc"],
        case .string(let message)? = members["msg"], case .string(let type)? = members["type"]
      else { return "not a problem" }
      let steps = place.map { step in
        switch step {
        case .string(let name): name
        case .integer(let index): String(index)
        default: "?"
        }
      }
      return "\(steps.joined(separator: "."))|\(message)|\(type)"
    }
  }

  @Test(arguments: [
    ("/query", "{}", "body.question|Field required|missing"),
    ("/query", "", "body|Field required|missing"),
    ("/query", "[]", "body|Input should be a valid dictionary|dict_type"),
    ("/query", #"{"question":5}"#, "body.question|Input should be a valid string|string_type"),
    (
      "/query", #"{"question":"  "}"#,
      "body.question|String should have at least 1 character|string_too_short"
    ),
    ("/upload/chunks", "{}", "body.chunks|Field required|missing"),
    (
      "/upload/chunks", #"{"chunks":{}}"#, "body.chunks|Input should be a valid list|list_type"
    ),
    (
      "/upload/chunks", #"{"chunks":[{"metadata":{}}]}"#,
      "body.chunks.0.page_content|Field required|missing"
    ),
    (
      "/upload/chunks", #"{"chunks":["text"]}"#,
      "body.chunks.0|Input should be a valid dictionary|dict_type"
    ),
    (
      "/upload/chunks", #"{"chunks":[{"page_content":"x","metadata":[]}]}"#,
      "body.chunks.0.metadata|Input should be a valid dictionary|dict_type"
    ),
  ])
  func namesTheFieldThatIsWrong(_ path: String, body: String, problem: String) async throws {
    try await TestGateway().run { client in
      let response = try await client.post(path, body)
      #expect(response.status == 422)
      #expect(Self.problems(response) == [problem])
    }
  }

  @Test func allProblemsAreTold() async throws {
    try await TestGateway().run { client in
      let question = try await client.post(
        "/query", #"{"k":0,"filter":{"must":7},"stream":"yes","history":[{}],"query":"x"}"#)
      #expect(
        Self.problems(question).map { $0.split(separator: "|").first } == [
          "body.question", "body.k", "body.filter", "body.stream", "body.history.0", "body.query",
        ])
      let unknown = try await client.post("/query", #"{"query":"x"}"#)
      #expect(
        Self.problems(unknown) == [
          "body.question|Field required|missing",
          "body.query|Extra inputs are not permitted|extra_forbidden",
        ])
      let response = try await client.post(
        "/upload/chunks", #"{"chunks":[{"page_content":1},{"page_content":"ok"},{}]}"#)
      #expect(response.status == 422)
      #expect(
        Self.problems(response) == [
          "body.chunks.0.page_content|Input should be a valid string|string_type",
          "body.chunks.2.page_content|Field required|missing",
        ])
    }
  }

  @Test(arguments: ["filters", "top_k", "tenant", "Question"])
  func aQuestionTakesNothingThatIsNotKnown(_ member: String) async throws {
    try await TestGateway().run { client in
      for path in ["/query", "/insight/query"] {
        let response = try await client.post(path, #"{"question":"x","\#(member)":null}"#)
        #expect(response.status == 422)
        #expect(
          Self.problems(response) == [
            "body.\(member)|Extra inputs are not permitted|extra_forbidden"
          ])
      }
    }
  }

  @Test(arguments: [#"{"question":"x""#, "\u{1}", #"{"question":"\ud800"}"#])
  func brokenJSONIsUnprocessable(_ body: String) async throws {
    try await TestGateway().run { client in
      let response = try await client.post("/insight/query", body)
      #expect(response.status == 422)
      #expect(Self.problems(response).first?.hasSuffix("|json_invalid") == true)
    }
  }

  @Test func unknownPathsAreNotFound() async throws {
    try await TestGateway().run { client in
      let response = try await client.get("/nope")
      #expect(response.status == 404)
      #expect(response.detail == "Not Found")
    }
  }
}
