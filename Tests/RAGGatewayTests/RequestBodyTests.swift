import FastJSON
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
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
      "/query", #"{"question":"\u200b\u0000 \ufeff"}"#,
      "body.question|String should have at least 1 character|string_too_short"
    ),
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

  @Test(arguments: [
    ("/upload/chunks", #"{"chunks":[{"page_content":"x"}],"collection":"y"}"#, "collection"),
    ("/upload/chunks", #"{"chunks":[{"page_content":"x","metdata":{}}]}"#, "chunks.0.metdata"),
    (
      "/upload/chunks", #"{"chunks":[{"page_content":"x"},{"page_content":"y","source":"a"}]}"#,
      "chunks.1.source"
    ),
    (
      "/query", #"{"question":"x","history":[{"role":"user","content":"y","name":"z"}]}"#,
      "history.0.name"
    ),
  ])
  func nothingIsIgnored(_ path: String, body: String, place: String) async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      let response = try await client.post(path, body)
      #expect(response.status == 422)
      #expect(
        Self.problems(response) == [
          "body.\(place)|Extra inputs are not permitted|extra_forbidden"
        ])
    }
    #expect(gateway.store.snapshot.writes == 0)
  }

  @Test(arguments: [("true", 422), ("false", 200), ("null", 200)])
  func aSearchIsNotStreamed(_ flag: String, status: Int) async throws {
    try await TestGateway().run { client in
      let answer = try await client.post(
        "/insight/search", #"{"question":"x","stream":\#(flag)}"#)
      #expect(answer.status == status)
    }
  }

  @Test func fieldsOfAFormAreRefused() async throws {
    try await TestGateway().run { client in
      func send(_ parts: [String]) async throws -> GatewayResponse {
        let form = parts.map { "--x\r\nContent-Disposition: form-data; \($0)\r\n\r\nText.\r\n" }
        return try await client.execute(
          uri: "/upload/files", method: .post,
          headers: [.contentType: "multipart/form-data; boundary=x"],
          body: ByteBuffer(string: form.joined() + "--x--")
        ) { GatewayResponse($0) }
      }
      let file = #"name="file"; filename="a.txt""#
      let both = try await send([file, #"name="title""#])
      #expect(both.status == 422)
      #expect(
        Self.problems(both) == ["body.title|Extra inputs are not permitted|extra_forbidden"])
      let none = try await send([#"name="file""#])
      #expect(none.status == 400)
      #expect(none.detail == "The form holds no file: the part `file` has no file name")
      let twice = try await send([file, #"name="more"; filename="folder/a.txt""#])
      #expect(twice.status == 400)
      #expect(
        twice.detail
          == "The form holds two files named a.txt, of which one would replace the other")
      #expect(try await client.get("/documents")["total"] == .integer(0))
      // What a browser sends for an input without a file.
      #expect(try await send([file, #"name="more"; filename="""#]).status == 200)
    }
  }

  @Test(arguments: [
    ("/insight/query?stream=true", "`stream` is not known: there are no parameters here"),
    ("/upload/chunks?wait=true", "`wait` is not known: there are no parameters here"),
    ("/upload/files?name=a.txt&title=b", "`title` is not known: name is"),
    ("/upload/files?name=a.txt&name=b.txt", "`name` is given more than once"),
  ])
  func parametersAreKnown(_ path: String, problem: String) async throws {
    try await TestGateway().run { client in
      let response = try await client.post(
        path, #"{"question":"x","chunks":[{"page_content":"x"}]}"#)
      #expect(response.status == 400)
      #expect(response.detail == problem)
      #expect(try await client.get("/documents?page=2").status == 400)
    }
  }

  @Test func documentsOfLangChainAreTakenWithTheirNames() async throws {
    try await TestGateway().run { client in
      let report = try await client.post(
        "/upload/chunks",
        #"""
        {"chunks":[
          {"id":"a","type":"Document","page_content":"One.","metadata":{"source":"s"}},
          {"id":"b","type":"Document","page_content":"Two.","metadata":{"chunk_id":"own"}},
          {"id":null,"type":"Document","page_content":"Three.","metadata":{}}]}
        """#)
      #expect(report["uploaded"] == .integer(3))
      let listed = try await client.get("/upload/chunks")["chunks"]?.arrayValue ?? []
      let names = Dictionary(
        uniqueKeysWithValues: listed.compactMap { chunk in
          chunk["page_content"]?.stringValue.map { ($0, chunk["metadata"]?["chunk_id"]) }
        })
      #expect(names["One."] == .string("a"))
      #expect(names["Two."] == .string("own"))
      #expect(names["Three."] == .some(nil))
      for (member, problem) in [
        (
          #""metadata":{"chunk_id":1.5}"#,
          "metadata.chunk_id|Input should be a valid string|string_type"
        ),
        (#""id":[]"#, "id|Input should be a valid string|string_type"),
        (#""type":"Text""#, "type|Input should be 'Document'|literal_error"),
      ] {
        let response = try await client.post(
          "/upload/chunks", #"{"chunks":[{"page_content":"x",\#(member)}]}"#)
        #expect(Self.problems(response) == ["body.chunks.0.\(problem)"])
      }
    }
  }

  @Test func argumentsOfToolsAreKnown() async throws {
    try await TestGateway().run { client in
      for (tool, arguments, problem) in [
        ("upload", #"{"text":"x","tilte":"y"}"#, "tilte: Extra inputs are not permitted"),
        ("upload", #"{"text":"x","title":["y"]}"#, "title: Input should be a valid string"),
        ("upload", "{}", "text: Field required"),
        ("upload", #"{"text":" "}"#, "text: String should have at least 1 character"),
        ("search", #"{"question":"x","stream":true}"#, "stream: Extra inputs are not permitted"),
        ("ask", #"{"question":"x","limit":1}"#, "limit: Extra inputs are not permitted"),
      ] {
        let answer = try await client.post(
          "/mcp",
          #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"#
            + #"{"name":"\#(tool)","arguments":\#(arguments)}}"#)
        #expect(answer["result"]?["isError"] == .bool(true))
        let content = answer["result"]?["content"]?.arrayValue?.first
        #expect(content?["text"] == .string(problem))
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
