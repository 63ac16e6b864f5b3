import FastJSON
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import RAGGateway
import Testing

@Suite struct FrontRouteTests {
  private static let origin = "https://app.example"

  private static func field(_ name: String) throws -> HTTPField.Name {
    try #require(HTTPField.Name(name))
  }

  @Test func aWrongMethodIsToldFromAWrongPath() async throws {
    try await TestGateway().run { client in
      for (path, allowed) in [
        ("/query", "POST"), ("/upload/chunks", "DELETE, GET, POST"), ("/v1/models/quiver", "GET"),
      ] {
        try await client.execute(uri: path, method: .put) { response in
          #expect(response.status == .methodNotAllowed)
          #expect(response.headers[.allow] == allowed)
        }
      }
      #expect(try await client.get("/nowhere").status == 404)
    }
  }

  @Test func headsAreThoseOfGets() async throws {
    try await TestGateway().run { client in
      for path in ["/", "/health/live", "/metrics"] {
        try await client.execute(uri: path, method: .head) { response in
          #expect(response.status == .ok)
          #expect(response.body.readableBytes == 0)
        }
      }
    }
  }

  @Test func pagesOfNamedSitesMayCall() async throws {
    var gateway = TestGateway()
    gateway.origins = try #require(AllowedOrigins("https://app.example http://localhost:3000"))
    gateway.keys = try #require(AccessKeys("read:reading-key"))
    let allowOrigin = try Self.field("access-control-allow-origin")
    let asked: HTTPFields = [
      .origin: Self.origin, try Self.field("access-control-request-method"): "POST",
      try Self.field("access-control-request-headers"): "authorization",
    ]
    let allowHeaders = try Self.field("access-control-allow-headers")
    try await gateway.run { client in
      try await client.execute(uri: "/query", method: .options, headers: asked) { response in
        #expect(response.status == .noContent)
        #expect(response.headers[allowOrigin] == Self.origin)
        #expect(response.headers[allowHeaders] == "authorization")
      }
      // Also what goes wrong is told to the page.
      try await client.execute(uri: "/query", method: .post, headers: [.origin: Self.origin]) {
        #expect($0.status == .unauthorized)
        #expect($0.headers[allowOrigin] == Self.origin)
      }
      try await client.execute(
        uri: "/health/live", method: .get, headers: [.origin: "https://other.example"]
      ) { #expect($0.headers[allowOrigin] == nil) }
    }
    #expect(AllowedOrigins("app.example") == nil)
    #expect(AllowedOrigins("https://app.example/") == nil)
    #expect(AllowedOrigins("*") != nil)
  }

  @Test func pagesOfOtherSitesStoreNothing() async throws {
    var gateway = TestGateway()
    gateway.origins = try #require(AllowedOrigins("https://app.example"))
    let site = try Self.field("sec-fetch-site")
    let forwarded = try Self.field("x-forwarded-host")
    let body = ByteBuffer(string: #"{"chunks":[{"page_content":"A text."}]}"#)
    let store = gateway.store
    try await gateway.run { client in
      for headers: HTTPFields in [
        [.origin: "https://other.example"], [.origin: "null"],
        [.origin: "https://other.example", site: "cross-site"],
        [.origin: "http://localhost:3000", site: "same-site"],
      ] {
        var plain = headers
        plain[.contentType] = "text/plain"
        for path in ["/upload/chunks", "/upload/files?name=a.txt", "/query", "/mcp"] {
          try await client.execute(uri: path, method: .post, headers: plain, body: body) {
            #expect($0.status == .forbidden, "\(path) \(headers)")
          }
        }
        try await client.execute(uri: "/documents", method: .get, headers: headers) {
          #expect($0.status == .ok)
        }
      }
      #expect(store.snapshot.writes == 0)
      for headers: HTTPFields in [
        [:], [.origin: Self.origin, site: "cross-site"],
        // Behind a proxy the gateway may not know its own name.
        [.origin: "https://rag.example", site: "same-origin"],
        [.origin: "https://rag.example", forwarded: "rag.example"],
      ] {
        try await client.execute(
          uri: "/upload/chunks", method: .post, headers: headers, body: body
        ) { #expect($0.status == .ok, "\(headers)") }
      }
    }
  }

  @Test func aWrongKeyIsToldFromNone() async throws {
    var gateway = TestGateway()
    gateway.keys = try #require(AccessKeys("read:reading-key"))
    try await gateway.run { client in
      for (headers, detail, challenge, code): (HTTPFields, String, String, JSONValue) in [
        (
          [:], "Must provide an API key: Authorization: Bearer KEY, or api-key: KEY", "Bearer",
          .null
        ),
        (
          [.authorization: "Basic YTpi"],
          "Must provide an API key: Authorization: Bearer KEY, or api-key: KEY", "Bearer", .null
        ),
        (
          [.authorization: "Bearer other-key-1"], "Invalid API key",
          #"Bearer error="invalid_token""#, .string("invalid_api_key")
        ),
      ] {
        try await client.execute(uri: "/documents", method: .get, headers: headers) { response in
          #expect(response.status == .unauthorized)
          #expect(GatewayResponse(response).detail == detail)
          #expect(response.headers[.wwwAuthenticate] == challenge)
        }
        try await client.execute(uri: "/v1/models", method: .get, headers: headers) { response in
          #expect(response.status == .unauthorized)
          let error = GatewayResponse(response)["error"]
          #expect(error?["message"] == .string(detail))
          #expect(error?["code"] == code)
        }
      }
    }
  }

  @Test func partsOfMessagesThatAreNoTextsAreRefused() async throws {
    let gateway = TestGateway()
    try await gateway.run { client in
      func ask(_ messages: String) async throws -> GatewayResponse {
        try await client.post("/v1/chat/completions", #"{"messages":[\#(messages)]}"#)
      }
      let text = #"{"type":"text","text":"Threads share"}"#
      for (part, member, reason) in [
        (#"{"type":"image_url","image_url":{"url":"data:,"}}"#, ".type", "`image_url` is not read"),
        (
          #"{"type":"input_audio","input_audio":{"data":""}}"#, ".type", "`input_audio` is not read"
        ),
        (#"{"type":"file","file":{"file_id":"x"},"text":"x"}"#, ".type", "`file` is not read"),
        (#"{"type":"text"}"#, ".text", "Field required"),
        (#"{"type":"text","text":1}"#, ".text", "valid string"), (#""text""#, "", "dictionary"),
      ] {
        for (messages, place) in [
          (#"{"role":"user","content":[\#(text),\#(part)]}"#, "messages[0].content[1]"),
          (
            #"{"role":"user","content":[\#(part)]},{"role":"assistant","content":"x"},"#
              + #"{"role":"user","content":"And now?"}"#, "messages[0].content[0]"
          ),
        ] {
          let answer = try await ask(messages)
          #expect(answer.status == 400)
          let error = answer["error"]
          #expect(error?["param"] == .string(place + member))
          #expect(error?["type"] == .string("invalid_request_error"))
          #expect(error?["message"]?.stringValue?.contains(reason) == true)
        }
      }
      let number = try await ask(#"{"role":"user","content":1}"#)
      #expect(number["error"]?["param"] == .string("messages[0].content"))
      _ = try await client.post(
        "/upload/chunks", #"{"chunks":[{"page_content":"Threads share memory."}]}"#)
      let whole = try await ask(
        #"{"role":"user","content":[\#(text),{"type":"text","text":"memory?"}]}"#)
      #expect(whole["object"] == .string("chat.completion"))
      #expect(gateway.embedder.texts.contains("Threads share\nmemory?"))
    }
  }

  @Test(arguments: [
    (#""x""#, "messages[0]"), (#"{"content":"x"}"#, "messages[0].role"),
    (#"{"role":"banana","content":"x"}"#, "messages[0].role"),
    (#"{"role":7,"content":"x"}"#, "messages[0].role"),
  ])
  func messagesThatNobodySaysAreRefused(_ message: String, place: String) async throws {
    try await TestGateway().run { client in
      let question = #"{"role":"user","content":"Do threads share memory?"}"#
      let answer = try await client.post(
        "/v1/chat/completions", #"{"messages":[\#(message),\#(question)]}"#)
      #expect(answer.status == 400)
      #expect(answer["error"]?["param"] == .string(place))
      for role in ["system", "developer", "tool"] {
        let taken = try await client.post(
          "/v1/chat/completions",
          #"{"messages":[{"role":"\#(role)","content":"x"},\#(question)]}"#)
        #expect(taken.status == 200)
      }
    }
  }

  @Test(arguments: [
    (#""response_format":{"type":"json_object"}"#, "response_format.type"),
    (#""response_format":{"type":"json_schema","json_schema":{}}"#, "response_format.type"),
    (#""tool_choice":"required""#, "tool_choice"),
    (#""function_call":{"name":"x"}"#, "function_call"),
    (#""modalities":["text","audio"]"#, "modalities"),
  ])
  func whatAnAnswerNeverIsIsRefused(_ asked: String, member: String) async throws {
    try await TestGateway().run { client in
      let messages = #""messages":[{"role":"user","content":"x"}]"#
      let answer = try await client.post("/v1/chat/completions", "{\(messages),\(asked)}")
      #expect(answer.status == 400)
      #expect(answer["error"]?["param"] == .string(member))
      let usual =
        #""response_format":{"type":"text"},"tools":[],"tool_choice":"auto","modalities":null"#
      let taken = try await client.post("/v1/chat/completions", "{\(messages),\(usual)}")
      #expect(taken.status == 200)
    }
  }

  @Test func assistantsSpeakAKnownVersion() async throws {
    let version = try Self.field("mcp-protocol-version")
    try await TestGateway().run { client in
      func ping(_ message: String, _ headers: HTTPFields = [:]) async throws -> GatewayResponse {
        try await client.execute(
          uri: "/mcp", method: .post, headers: headers, body: ByteBuffer(string: message)
        ) { GatewayResponse($0) }
      }
      let message = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
      #expect(try await ping(message, [version: "2025-06-18"])["result"] == .object([:]))
      let unknown = try await ping(message, [version: "1999-01-01"])
      #expect(unknown.status == 400)
      #expect(unknown.detail?.contains("`1999-01-01` is not spoken here") == true)
      let older = try await ping(#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#)
      #expect(older["error"]?["code"] == .integer(-32_600))
    }
  }

  @Test func errorsOfOpenAIsInterfaceAreInItsForm() async throws {
    var gateway = TestGateway()
    gateway.keys = try #require(AccessKeys("read:reading-key"))
    let bearer: HTTPFields = [.authorization: "Bearer reading-key"]
    try await gateway.run { client in
      func problem(
        _ path: String, _ method: HTTPRequest.Method, _ body: String = "",
        _ headers: HTTPFields = [:]
      ) async throws -> (status: Int, type: String?, message: String?) {
        try await client.execute(
          uri: path, method: method, headers: headers, body: ByteBuffer(string: body)
        ) { response in
          let error = GatewayResponse(response)["error"]?.objectValue
          return (
            response.status.code, error?["type"]?.stringValue, error?["message"]?.stringValue
          )
        }
      }
      let unknown = try await problem("/v1/models", .get)
      #expect(unknown.status == 401 && unknown.type == "authentication_error")
      let missing = try await problem("/v1/models/gpt", .get, "", bearer)
      #expect(missing.status == 404 && missing.message == "There is no model `gpt`")
      let broken = try await problem("/v1/chat/completions", .post, "{", bearer)
      #expect(broken.status == 400 && broken.type == "invalid_request_error")
      for body in [
        #"{"input":""}"#, #"{"input":[]}"#, #"{"input":["a"," "]}"#,
        #"{"input":"a","dimensions":1}"#,
      ] {
        #expect(try await problem("/v1/embeddings", .post, body, bearer).status == 400)
      }
      let several = #"{"messages":[{"role":"user","content":"x"}],"n":2}"#
      #expect(try await problem("/v1/chat/completions", .post, several, bearer).status == 400)
      let question = #"{"messages":[{"role":"user","content":"x"}],"k":0}"#
      let wrong = try await problem("/v1/chat/completions", .post, question, bearer)
      #expect(wrong.status == 400 && wrong.message?.hasPrefix("k: ") == true)
    }
  }

  @Test func tokensAreCountedWhereTheyAreAskedFor() async throws {
    try await TestGateway().run { client in
      _ = try await client.post(
        "/upload/chunks",
        #"{"chunks":[{"page_content":"Threads share the memory of one process."}]}"#)
      let chat = #""messages":[{"role":"user","content":"threads share memory of one process"}]"#
      let whole = try await client.post("/v1/chat/completions", "{\(chat)}")
      let total = whole["usage"]?["total_tokens"]?.numberValue
      #expect(try #require(total) > 10)
      let body = #"{\#(chat),"stream":true,"stream_options":{"include_usage":true}}"#
      try await client.execute(
        uri: "/v1/chat/completions", method: .post, body: ByteBuffer(string: body)
      ) { response in
        let lines = String(buffer: response.body).split(separator: "\n")
        #expect(lines.last == "data: [DONE]")
        let last = try #require(lines.dropLast().last?.dropFirst("data: ".count))
        let piece = try JSONValue(parsing: Array(last.utf8))
        #expect(piece["choices"]?.arrayValue?.isEmpty == true)
        #expect(piece["usage"]?["total_tokens"]?.numberValue == total)
      }
    }
  }

  @Test func parametersOfAListingAreKnown() async throws {
    try await TestGateway().run { client in
      let answer = try await client.get("/upload/chunks?limt=2")
      #expect(answer.status == 400)
      #expect(answer.detail?.contains("`limt` is not known") == true)
    }
  }
}
