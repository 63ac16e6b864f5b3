import DatabaseFixture
import FastJSON
import PointModel
import Synchronization
import Testing
import VectorDB

@Suite struct StrictModeTests {
  /// A collection with five points under these settings.
  private func withStrict(
    _ settings: JSONObjectValue, limits: Limits = Limits(),
    clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    _ body: (TemporaryDatabase, PointCollection) async throws -> Void
  ) async throws {
    var options = DatabaseOptions(limits: limits)
    options.rateClock = clock
    try await withDatabase(options: options) { folder in
      let things = try await folder.create()
      let points = (1...5).map { point(UInt64($0), [0, 0, 0, Float($0)], #"{"n":\#($0)}"#) }
      _ = try await things.apply([.upsert(points)])
      try await strict(settings, folder)
      try await body(folder, things)
    }
  }

  private func strict(_ settings: JSONObjectValue, _ folder: TemporaryDatabase) async throws {
    var change = CollectionConfigChange()
    change.strictMode = settings.merging(["enabled": settings["enabled"] ?? .bool(true)])
    try await folder.database.updateCollection(named: "things", change: change)
  }

  private func badRequest(_ text: String) -> CollectionError { .badRequest(text) }

  private static let nearest = Query.nearest(.dense([0, 0, 0, 1]))
  private static let onN = Filter(
    must: [.match(key: PayloadPath(steps: [.key("n")]), .value(.integer(1)))])

  @Test func limitsOfReads() async throws {
    try await withStrict(["max_query_limit": .integer(4), "max_timeout": .integer(2)]) {
      _, things in
      _ = try await things.query([QueryRequest(query: Self.nearest, limit: 4)])
      let refusal = badRequest(
        #"Limit exceeded 5 > 4 for "limit". Help: Reduce the "limit" parameter to or below 4."#)
      await #expect(throws: refusal) {
        try await things.query([QueryRequest(query: Self.nearest, limit: 5)])
      }
      await #expect(throws: refusal) { try await things.scroll(ScrollRequest(limit: 5)) }
      await #expect(throws: CollectionError.self) {
        let query = QueryRequest(query: Self.nearest)
        return try await things.groups(
          GroupsRequest(query: query, groupBy: PayloadPath(steps: [.key("n")]), limit: 2))
      }
      try things.checkTimeout(seconds: 2)
      #expect(
        throws: badRequest(
          #"Limit exceeded 3 > 2 for "timeout". "#
            + #"Help: Reduce the "timeout" parameter to or below 2."#
        )
      ) { try things.checkTimeout(seconds: 3) }
    }
  }

  @Test func searchParameters() async throws {
    let settings: JSONObjectValue = [
      "search_max_hnsw_ef": .integer(4), "search_allow_exact": .bool(false),
      "search_max_oversampling": .double(1.5), "search_max_batchsize": .integer(2),
    ]
    try await withStrict(settings) { folder, things in
      func query(_ params: SearchParams) async throws {
        _ = try await things.query([QueryRequest(query: Self.nearest, params: params)])
      }
      try await query(SearchParams(hnswEf: 4, oversampling: 1.5))
      for (params, text) in [
        (
          SearchParams(hnswEf: 5),
          #"Limit exceeded 5 > 4 for "hnsw_ef". "#
            + #"Help: Reduce the "hnsw_ef" parameter to or below 4."#
        ),
        (SearchParams(exact: true), "Exact search disabled!. Help: Set exact=false."),
        (
          SearchParams(oversampling: 2),
          #"Limit exceeded 2 > 1.5 for "oversampling". "#
            + #"Help: Reduce the "oversampling" parameter to or below 1.5."#
        ),
      ] {
        await #expect(throws: badRequest(text)) { try await query(params) }
      }
      await #expect(throws: CollectionError.self) { try await things.count(nil) }
      #expect(try await things.count(nil, exact: false) == 5)
      try things.checkBatch(of: 2)
      #expect(throws: CollectionError.self) { try things.checkBatch(of: 3) }
      try await strict(["enabled": .bool(false)], folder)
      try await query(SearchParams(exact: true))
    }
  }

  @Test func filters() async throws {
    let settings: JSONObjectValue = [
      "filter_max_conditions": .integer(2), "condition_max_size": .integer(3),
      "unindexed_filtering_update": .bool(false),
    ]
    try await withStrict(settings) { folder, things in
      let key = PayloadPath(steps: [.key("n")])
      let long = Filter(
        must: [
          .nested(key: key, Filter(should: [.hasVector(""), .isNull(key: key)])),
          .not(.isEmpty(key: key)),
        ])
      await #expect(
        throws: badRequest(
          "Filter condition limit reached (3 > 2). "
            + "Help: Reduce the amount of conditions of your filter.")
      ) { try await things.count(long) }
      let wide = Filter(must: [.match(key: key, .any([1, 2, 3, 4].map { .integer($0) }.asSet))])
      await #expect(
        throws: badRequest(
          "Condition size limit reached (4 > 3). Help: Reduce the size of your condition.")
      ) { try await things.count(wide) }
      #expect(try await things.count(Self.onN) == 1)
      let unindexed = badRequest(
        #"Index required but not found for "n" of one of the following types: [integer]. "#
          + "Help: Create an index for this key or use a different filter.")
      await #expect(throws: unindexed) { try await things.apply([.delete(.filter(Self.onN))]) }
      _ = try await things.apply([.delete(.ids([.number(5)]))])
      try await strict(["unindexed_filtering_retrieve": .bool(false)], folder)
      await #expect(throws: unindexed) { try await things.count(Self.onN) }
      #expect(try await things.count(Filter(must: [.hasID([.number(1)])])) == 1)
    }
  }

  @Test func typesThatAnIndexMayHave() async throws {
    try await withStrict(["unindexed_filtering_retrieve": .bool(false)]) { _, things in
      let key = PayloadPath(steps: [.key("n")])
      let uuid = "936da01f-9abd-4d9d-80c7-02af85c822a8"
      for (condition, types) in [
        (Condition.match(key: key, .value(.string("x"))), "keyword"),
        (.match(key: key, .value(.string(uuid))), "keyword, uuid"),
        (.match(key: key, .any([.bool(true)])), "bool"),
        (.match(key: key, .text("x")), "text"), (.match(key: key, .phrase("x")), "text"),
        (.match(key: key, .prefix("x")), "keyword"),
        (.range(key: key, Bounds(lessThan: 1)), "float, integer"),
        (.isNull(key: key), "bool, datetime, float, geo, integer, keyword, text, uuid"),
      ] {
        await #expect(
          throws: badRequest(
            #"Index required but not found for "n" of one of the following types: [\#(types)]. "#
              + "Help: Create an index for this key or use a different filter.")
        ) { try await things.count(Filter(should: [condition])) }
      }
      // These conditions are the same for all points.
      let none = try await things.count(Filter(must: [.match(key: key, .any([]))]))
      #expect(none == 0)
    }
  }

  @Test func sizes() async throws {
    try await withStrict(["upsert_max_batchsize": .integer(2)]) { folder, things in
      let points = (1...3).map { point(UInt64($0), [0, 0, 0, 1]) }
      await #expect(
        throws: badRequest(
          #"Limit exceeded 3 > 2 for "upsert limit". "#
            + #"Help: Reduce the "upsert limit" parameter to or below 2."#)
      ) { try await things.apply([.upsert(points)]) }
      _ = try await things.apply([.upsert(Array(points.prefix(2)))])
      try await strict(["max_points_count": .integer(6)], folder)
      _ = try await things.apply([.upsert([point(6, [0, 0, 0, 1])])])
      await #expect(throws: badRequest("Max points count limit of 6 reached!")) {
        try await things.apply([.upsert([point(7, [0, 0, 0, 1])])])
      }
      try await strict(
        ["max_points_count": .integer(60), "max_collection_vector_size_bytes": .integer(96)], folder
      )
      await #expect(
        throws: badRequest("Max vector storage size limit of 9.1552734e-05MB reached!")
      ) { try await things.apply([.upsert([point(7, [0, 0, 0, 1])])]) }
      _ = try await things.apply([.delete(.ids([.number(1)]))])
      _ = try await things.apply([.upsert([point(7, [0, 0, 0, 1])])])
    }
  }

  @Test func payloadSize() async throws {
    // Points 1 to 5 take a block of 128 bytes each.
    let limits = Limits(payloadMeasurementMilliseconds: 3_600_000)
    let settings: JSONObjectValue = ["max_collection_payload_size_bytes": .integer(2048)]
    try await withStrict(settings, limits: limits) { _, things in
      let payload = #"{"text":"0123456789"}"#
      let refusal = badRequest("Max payload storage size limit of 0.001953125MB reached!")
      // What is overwritten counts on, until it is measured anew.
      for _ in 1...11 {
        _ = try await things.apply([.upsert([point(1, [0, 0, 0, 1], payload)])])
      }
      await #expect(throws: refusal) {
        try await things.apply([.upsert([point(1, [0, 0, 0, 1], payload)])])
      }
      await #expect(throws: refusal) {
        try await things.apply([
          .setPayload(PointModel.Payload(["a": .integer(1)]), .ids([.number(1)]), key: nil)
        ])
      }
      // What is deleted has it measured anew.
      _ = try await things.apply([.clearPayload(.ids([.number(2)]))])
      for _ in 1...12 {
        _ = try await things.apply([.upsert([point(1, [0, 0, 0, 1], payload)])])
      }
      await #expect(throws: refusal) {
        try await things.apply([.upsert([point(1, [0, 0, 0, 1], payload)])])
      }
    }
  }

  @Test func payloadSizeIsMeasuredAnewAfterAWhile() async throws {
    let settings: JSONObjectValue = ["max_collection_payload_size_bytes": .integer(2048)]
    let limits = Limits(payloadMeasurementMilliseconds: 0)
    try await withStrict(settings, limits: limits) { _, things in
      for _ in 1...40 {
        _ = try await things.apply([.upsert([point(1, [0, 0, 0, 1], #"{"text":"0123456789"}"#)])])
      }
      #expect(try await things.count(nil) == 5)
    }
  }

  private static func refusal(
    _ kind: String, needing cost: Int, of available: String, after seconds: Int
  ) -> CollectionError {
    .rateLimited(
      "\(kind) rate limit exceeded: Operation requires \(cost) tokens but only \(available) were "
        + "available. Retry after \(seconds)s", retryAfterSeconds: seconds)
  }

  @Test func lengthsOfVectors() async throws {
    let settings: JSONObjectValue = [
      "sparse_config": .object(["words": .object(["max_length": .integer(2)])]),
      "multivector_config": .object(["tokens": .object(["max_vectors": .integer(1)])]),
    ]
    try await withDatabase { folder in
      let tokens = VectorParams(size: 1, distance: .dot, multivector: MultiVectorParams())
      let config = CollectionConfig(
        vectors: .named([NamedVectorParams(name: "tokens", params: tokens)]),
        sparseVectors: [NamedSparseVectorParams(name: "words")],
        strictMode: settings.merging(["enabled": .bool(true)]))
      try await folder.database.createCollection(named: "things", config: config)
      let things = try folder.database.collection(named: "things")
      let sparse = try #require(SparseVector(indices: [3, 1, 2], values: [1, 1, 1]))
      let multi = try #require(MultiVector(dimension: 1, values: [1, 2]))
      for (name, value, text) in [
        (
          "words", VectorValue.sparse(sparse),
          "Sparse vector 'words' has a limit of 2 indices, but 3 were provided!"
        ),
        (
          "tokens", .multi(multi),
          "Multivector 'tokens' has a limit of 1 vectors, but 2 were provided!"
        ),
      ] {
        let vectors = [NamedVector(name: name, value: value)]
        let upsert = Operation.upsert([Point(id: .number(9), vectors: vectors)])
        let update = Operation.updateVectors([PointVectors(id: .number(1), vectors: vectors)])
        for operation in [upsert, update] {
          await #expect(throws: badRequest(text)) { try await things.apply([operation]) }
        }
      }
    }
  }

  @Test func rates() async throws {
    let clock = Mutex(ContinuousClock.now)
    let settings: JSONObjectValue = [
      "read_rate_limit": .integer(4), "write_rate_limit": .integer(3),
    ]
    let now = { @Sendable in clock.withLock { $0 } }
    try await withStrict(settings, clock: now) { folder, things in
      let ids = (1...5).map { PointID.number($0) }
      await #expect(
        throws: CollectionError.rateLimited(
          "Read rate limit exceeded, request larger than rate limiter capacity, "
            + "please try to split your request", retryAfterSeconds: nil)
      ) { try await things.retrieve(ids) }
      _ = try await things.retrieve(Array(ids.prefix(4)))
      await #expect(throws: Self.refusal("Read", needing: 2, of: "0.0", after: 30)) {
        _ = try await things.count(Self.onN)
      }
      let points = (1...3).map { point(UInt64($0), [0, 0, 0, 1]) }
      _ = try await things.apply([.upsert(points)])
      await #expect(throws: Self.refusal("Write", needing: 3, of: "0.0", after: 60)) {
        _ = try await things.apply([.upsert(points)])
      }
      clock.withLock { $0 += .seconds(15) }
      await #expect(throws: Self.refusal("Read", needing: 2, of: "1.0", after: 15)) {
        _ = try await things.count(Self.onN)
      }
      clock.withLock { $0 += .seconds(16) }
      _ = try await things.count(Self.onN)
      try await strict(["enabled": .bool(false)], folder)
      _ = try await things.apply([.upsert(points)])
      _ = try await things.retrieve(ids)
    }
  }

  @Test func strictModeSurvivesARestart() async throws {
    try await withStrict(["max_query_limit": .integer(1)]) { folder, _ in
      try await folder.restart()
      let things = try folder.database.collection(named: "things")
      await #expect(throws: CollectionError.self) {
        try await things.query([QueryRequest(query: Self.nearest, limit: 2)])
      }
    }
  }
}

extension [MatchValue] {
  fileprivate var asSet: Set<MatchValue> { Set(self) }
}
