import PointModel
import QdrantAPI
import Synchronization
import Testing

/// Texts in place of vectors.
@Suite struct DocumentTests {
  /// The hash of "hello".
  private static let hello: UInt32 = 613_153_351
  private static let document = #"{"text":"Hello, hello!","model":"qdrant/bm25"}"#

  private static func vector(_ weight: Float) throws -> VectorValue {
    .sparse(try #require(SparseVector(indices: [hello], values: [weight])))
  }

  private static func stored(_ options: String = "{}") throws -> [Point] {
    let body = #"{"points":[{"id":1,"vector":{"v":{"text":"Hello, hello!","model":"Qdrant/BM25","#
    let operation = try decoded(body + #""options":\#(options)}}}]}"#, RequestDecoder.upsert)
    guard case .upsert(let points, _) = operation else { return [] }
    return points
  }

  @Test func storedTextsAreWeighted() throws {
    // 2 · 2.2 / (2 + 1.2 · (0.25 + 0.75 · 2 / 256))
    let expected = NamedVector(name: "v", value: try Self.vector(1.907213))
    #expect(try Self.stored().first?.vectors == [expected])
    let points = [Point(id: .number(1), vectors: [expected])]
    let columns = #"{"batch":{"ids":[1],"vectors":{"v":[\#(Self.document)]}}}"#
    #expect(try decoded(columns, RequestDecoder.upsert) == .upsert(points))
    let update = #"{"points":[{"id":1,"vector":{"v":\#(Self.document)}}]}"#
    #expect(
      try decoded(update, RequestDecoder.updateVectors)
        == .updateVectors([PointVectors(id: .number(1), vectors: [expected])]))
    let batch = #"{"operations":[{"update_vectors":\#(update)}]}"#
    #expect(
      try decoded(batch, RequestDecoder.batch)
        == [.updateVectors([PointVectors(id: .number(1), vectors: [expected])])])
  }

  /// A long text is left when nobody waits for its vector any more.
  @Test func textsAreReadWhileSomebodyWaits() throws {
    let text = String(repeating: "hello ", count: 100_000)
    let body = #"{"points":[{"id":1,"vector":{"v":{"text":"\#(text)","model":"bm25"}}}]}"#
    let asked = Mutex(0)
    #expect(throws: CancellationError.self) {
      try DecodingWork.run {
        _ = try decoded(body, RequestDecoder.upsert)
      } until: {
        asked.withLock { asked in
          asked += 1
          return asked > 1
        }
      }
    }
    // Before it begins, once within the text, and at the end.
    #expect(asked.withLock { $0 } == 3)
    #expect(throws: CancellationError.self) {
      try DecodingWork.run {
        Issue.record("what nobody waits for is begun")
      } until: {
        true
      }
    }
    #expect(
      try DecodingWork.run {
        1
      } until: {
        false
      } == 1)
  }

  @Test func optionsCount() throws {
    let saturated = try Self.stored(#"{"k":1,"b":0,"avg_len":8.5}"#)
    #expect(saturated.first?.vectors.first?.value == (try Self.vector(4 / 3)))
    let cased = try Self.stored(#"{"lowercase":false,"language":"none"}"#)
    guard case .sparse(let vector)? = cased.first?.vectors.first?.value else {
      Issue.record("not sparse")
      return
    }
    #expect(vector.indices.count == 2)
    let stopped = try Self.stored(#"{"stopwords":{"custom":["hello"]},"stemmer":{"type":"none"}}"#)
    #expect(stopped.first?.vectors.first?.value.byteCount == 0)
  }

  @Test func searchedTextsWeighOne() throws {
    let value = QueryVector.value(try Self.vector(1))
    for query in [Self.document, #"{"nearest":\#(Self.document)}"#] {
      let request = try decoded(#"{"query":\#(query),"using":"v"}"#, RequestDecoder.query)
      #expect(request.query == .nearest(value))
    }
    let recommend = #"{"query":{"recommend":{"positive":[\#(Self.document),7]}}}"#
    #expect(
      try decoded(recommend, RequestDecoder.query).query
        == .recommend(RecommendQuery(positive: [value, .point(.number(7))])))
    let pair = #"{"positive":\#(Self.document),"negative":\#(Self.document)}"#
    let context = #"{"query":{"discover":{"target":\#(Self.document),"context":\#(pair)}}}"#
    #expect(
      try decoded(context, RequestDecoder.query).query
        == .discover(
          target: value, context: [ContextPair(positive: value, negative: value)]))
  }

  /// Vectors may be called as the members of a document are.
  @Test func vectorsNamedLikeMembers() throws {
    let body = #"{"points":[{"id":1,"vector":{"text":[1],"model":[2]}}]}"#
    let vectors = [
      NamedVector(name: "text", values: [1]), NamedVector(name: "model", values: [2]),
    ]
    #expect(
      try decoded(body, RequestDecoder.upsert)
        == .upsert([Point(id: .number(1), vectors: vectors)]))
  }

  private static func named(_ vector: String) -> String {
    #"{"points":[{"id":1,"vector":{"v":\#(vector)}}]}"#
  }

  private static func unavailable(_ model: String) -> String {
    "points[0].vector.v: model `\(model)` is not available. Vectors can be made of texts, by "
      + "`qdrant/bm25`; those of other models are made by the client"
  }

  @Test(
    arguments: [
      .badRequest(
        #"{"points":[{"id":1,"vector":\#(document)}]}"#,
        "points[0].vector: Sparse vector from document inference should be named"),
      .badRequest(named(#"{"text":"a","model":"openai/x"}"#), unavailable("openai/x")),
      .badRequest(named(#"{"image":"a","model":"openai/clip"}"#), unavailable("openai/clip")),
      .wrongInput(
        named(#"{"image":"a","model":"qdrant/bm25"}"#),
        "Only text input is supported for qdrant/bm25."),
      .wrongInput(
        named(#"{"object":{"a":1},"model":"bm25"}"#), "Only text input is supported for bm25."),
      .wrongInput(
        named(#"{"text":"a","model":"bm25","options":{"k":-1}}"#),
        "BM25 k1 must be finite and >= 0, got -1"),
      .wrongInput(
        named(#"{"text":"a","model":"bm25","options":{"b":"x"}}"#),
        #"Invalid BM25 config: b: invalid type: string "x", expected f64"#),
      .wrongInput(
        named(#"{"text":"a","model":"bm25","options":{"tokenizer":"x"}}"#),
        "Invalid BM25 config: tokenizer: unknown variant `x`, expected one of "
          + "`prefix`, `whitespace`, `word`, `multilingual`"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.upsert)
  }
}
