import HTTPTypes
import PointModel
import QdrantAPI
import QdrantREST
import QdrantService
import Testing
import VectorDB

@Suite struct ErrorTableTests {
  @Test(arguments: [
    (CollectionError.collectionNotFound("x"), 404, "Not found: Collection `x` doesn't exist!"),
    (.referredCollectionNotFound("x"), 404, "Not found: Collection x not found"),
    (.aliasNotFound("x"), 404, "Not found: Alias x does not exists!"),
    (.collectionExists("x"), 409, "Wrong input: Collection `x` already exists!"),
    (.pointNotFound(.number(3)), 404, "Not found: No point with id 3 found"),
    (.unknownVector("v", context: ""), 400, "Wrong input: Not existing vector name error: v"),
    (
      .unknownVector("v", context: "point 7"), 400,
      "Wrong input: Not existing vector name error: v (point 7)"
    ),
    (
      .wrongDimension(expected: 4, got: 3, context: ""), 400,
      "Wrong input: Vector dimension error: expected dim: 4, got 3"
    ),
    (.wrongInput("w"), 400, "Wrong input: w"),
    (.badRequest("b"), 400, "Bad request: b"),
    (.timedOut("t"), 408, "Timeout error: t"),
    (
      .overloaded(retryAfterSeconds: 2), 429,
      "Rate limiting exceeded: too many requests wait already"
    ),
    (.rateLimited("r", retryAfterSeconds: 7), 429, "Rate limiting exceeded: r"),
    (.outOfSpace("o"), 507, "Service internal error: out of space: o"),
    (.quotaReached("q"), 507, "Insufficient storage: q"),
    (.shuttingDown, 503, "Service unavailable: the server is shutting down"),
    (.storage("s"), 500, "Service internal error: s"),
    (.damaged("d"), 500, "Service internal error: d"),
    (.forbidden("f"), 403, "Forbidden: f"),
    (.snapshotNotFound("x"), 404, "Not found: Snapshot x not found"),
    (.loading("x"), 503, "Service unavailable: collection `x` is still being loaded"),
    (
      .quarantined("x", reason: "r"), 500,
      "Service internal error: collection `x` is quarantined, because its records are damaged: r. "
        + "Delete it or recover it from a snapshot"
    ),
  ])
  func engineErrors(_ error: CollectionError, _ status: Int, _ text: String) {
    let answer = RESTError(ServiceError.engine(error))
    #expect(answer.status.code == status)
    #expect(answer.text == text)
    let isTransient = status == 429 || error == .loading("x")
    #expect((answer.retryAfterSeconds != nil) == isTransient)
  }

  @Test(arguments: [
    (
      ServiceError.invalid(field: "collection_name", reason: "r"), 422,
      "Validation error in path parameters: [collection_name: r]"
    ),
    (.unauthenticated("u"), 401, "u"), (.forbidden("f"), 403, "Forbidden: f"),
    (.pointMissing(.number(7)), 404, "Not found: Point with id 7 does not exists!"),
    (.shardMissing(2), 404, "Not found: shard 2"),
    (.standalone, 405, "Qdrant is running in standalone mode"),
    (.starting, 503, "Service unavailable: the data directory is still being opened"),
  ])
  func serviceErrors(_ error: ServiceError, _ status: Int, _ text: String) {
    #expect(RESTError(error).status.code == status)
    #expect(RESTError(error).text == text)
  }

  @Test func requestErrorsKeepTheirText() {
    #expect(RESTError(RequestError.validation("v")).status.code == 422)
    #expect(RESTError(RequestError.format("f")).status.code == 400)
    #expect(RESTError(RequestError.format("f")).text == "f")
  }

  @Test(arguments: [
    (
      "?timeout=0", 422,
      "Validation error in query parameters: [timeout: value 0 invalid, must be 1 or larger]"
    ),
    ("?timeout=-1", 400, "Deserialize error in query parameters: invalid digit found in string"),
    (
      "?timeout=", 400,
      "Deserialize error in query parameters: cannot parse integer from empty string"
    ),
    (
      "?wait=yes", 400,
      "Deserialize error in query parameters: provided string was not `true` or `false`"
    ),
    (
      "?ordering=best", 400,
      "Deserialize error in query parameters: unknown variant `best`, "
        + "expected one of `weak`, `medium`, `strong`"
    ),
    (
      "?wait=true&wait=false", 400, "Deserialize error in query parameters: duplicate field `wait`"
    ),
    ("?other=1&other=2", 200, nil),
  ])
  func updateParameters(_ query: String, _ status: Int, _ text: String?) async throws {
    try await ServerFixture.runWithPoints { server in
      let answer = try await server.send(
        .put, "/collections/c/points" + query, #"{"points":[{"id":1,"vector":[1,1]}]}"#)
      #expect(answer.status == status)
      #expect(answer.error == text)
    }
  }

  @Test func readParameters() async throws {
    try await ServerFixture.runWithPoints { server in
      for (query, status) in [
        ("?timeout=0", 400), ("?timeout=600", 200), ("?timeout=1&timeout=2", 400),
        ("?consistency=all", 200),
        ("?consistency=2", 200), ("?consistency=0", 422), ("?consistency=some", 400),
        ("?unknown=1", 200),
      ] {
        let answer = try await server.send(
          .post, "/collections/c/points/scroll" + query, #"{"limit":1}"#)
        #expect(answer.status == status, "\(query)")
      }
    }
  }

  @Test func malformedBodiesAnswerInTheEnvelope() async throws {
    try await ServerFixture.runWithPoints { server in
      for body in ["", "{", "[]", #"{"points":17}"#] {
        let answer = try await server.send(.put, "/collections/c/points", body)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.error?.hasPrefix("Format error in JSON body: ") == true, "\(body)")
      }
      let zero = try await server.send(
        .post, "/collections/c/points/query", #"{"query":[1,1],"limit":0}"#)
      #expect(zero.status == 422)
      #expect(
        zero.error
          == "Validation error in JSON body: [internal.limit: value 0 invalid, must be 1 or larger]"
      )
      // The body is judged before the collection is looked for.
      let both = try await server.send(.put, "/collections/none/points", "{")
      #expect(both.status == 400)
    }
  }
}
