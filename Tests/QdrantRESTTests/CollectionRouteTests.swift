import HTTPTypes
import Testing

@Suite struct CollectionRouteTests {
  private static let config = #"{"vectors":{"size":2,"distance":"Dot"}}"#

  @Test func livesFromCreationToDeletion() async throws {
    try await ServerFixture.run { server in
      let yes = #"{"result":true,"status":"ok"}"#
      #expect(
        try await server.send(.get, "/collections/c/exists").timeless
          == #"{"result":{"exists":false},"status":"ok"}"#)
      #expect(try await server.send(.put, "/collections/c", Self.config).timeless == yes)
      #expect(
        try await server.send(.get, "/collections/c/exists").timeless
          == #"{"result":{"exists":true},"status":"ok"}"#)
      let again = try await server.send(.put, "/collections/c", Self.config)
      #expect(again.status == 409)
      #expect(again.error == "Wrong input: Collection `c` already exists!")
      let change = #"{"optimizers_config":{"indexing_threshold":7}}"#
      #expect(try await server.send(.patch, "/collections/c", change).timeless == yes)
      let info = try await server.send(.get, "/collections/c/")
      #expect(info.text.contains(#""indexing_threshold":7"#))
      #expect(try await server.send(.delete, "/collections/c").timeless == yes)
      let second = try await server.send(.delete, "/collections/c?timeout=5")
      #expect(second.status == 200)
      #expect(second.timeless == #"{"result":false,"status":"ok"}"#)
    }
  }

  @Test func describesItselfExactly() async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(.get, "/collections/c")
      #expect(answer.status == 200)
      #expect(
        answer.timeless.hasPrefix(
          #"{"result":{"status":"green","optimizer_status":"ok","indexed_vectors_count":"#))
      #expect(
        answer.text.contains(
          #""config":{"params":{"vectors":{"size":2,"distance":"Dot"},"shard_number":1,"#))
      #expect(answer.text.contains(#""points_count":3,"segments_count":"#))
      #expect(answer.text.contains(#""quantization_config":null"#))
      #expect(answer.text.contains(#""payload_schema":{}"#))
    }
  }

  @Test(arguments: [
    (HTTPRequest.Method.get, ""), (.get, "/points/1"), (.get, "/snapshots"),
  ])
  func aMissingOneIsNotFound(_ method: HTTPRequest.Method, _ path: String) async throws {
    try await ServerFixture.run { server in
      let answer = try await server.send(method, "/collections/none" + path)
      #expect(answer.status == 404)
      #expect(answer.error == "Not found: Collection `none` doesn't exist!")
    }
  }

  @Test func namesAreChecked() async throws {
    try await ServerFixture.run { server in
      for (escaped, character) in [
        ("a%3Cb", "<"), ("a%2Fb", "/"), ("a%3Ab", ":"), ("a%7Cb", "|"), ("a%00b", "\0"),
      ] {
        let answer = try await server.send(.put, "/collections/\(escaped)", Self.config)
        #expect(answer.status == 422, "\(escaped)")
        #expect(
          answer.error
            == "Validation error in path parameters: [collection_name: collection name cannot "
            + "contain \"\(character)\" char]")
      }
      let long = String(repeating: "n", count: 256)
      let answer = try await server.send(.get, "/collections/\(long)")
      #expect(answer.status == 422)
      #expect(answer.error?.hasSuffix("invalid, must be from 1 to 255 characters]") == true)
      let fits = String(repeating: "n", count: 255)
      #expect(try await server.send(.put, "/collections/\(fits)", Self.config).status == 200)
      #expect(try await server.send(.put, "/collections/a%20b%C3%A9", Self.config).status == 200)
      let list = try await server.send(.get, "/collections")
      #expect(list.text.contains(#"{"name":"a bé"}"#))
    }
  }

  @Test func onlyClustersAreRecovered() async throws {
    try await ServerFixture.run { server in
      let recover = try await server.send(.post, "/cluster/recover")
      #expect(recover.status == 405)
      #expect(recover.error == "Qdrant is running in standalone mode")
    }
  }
}
