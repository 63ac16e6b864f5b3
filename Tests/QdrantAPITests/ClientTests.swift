import FastJSON
import PointModel
import QdrantAPI
import Testing

/// What the client writes the server reads, and the other way round.
@Suite struct ClientTests {
  private static let uuid = PointID.uuid(PointUUID(high: 7, low: 9))

  private func answer<T>(
    _ write: (inout JSONWriter) -> Void,
    _ read: (UnsafeRawBufferPointer) throws(ClientResponseError) -> T
  ) throws -> T {
    try response(ResponseEnvelope.ok(seconds: 0.5, write), read)
  }

  private func response<T>(
    _ body: [UInt8], _ read: (UnsafeRawBufferPointer) throws(ClientResponseError) -> T
  ) throws -> T {
    try body.withUnsafeBytes { try read($0) }
  }

  @Test func createCollection() throws {
    for vectors in [
      VectorsConfig.unnamed(VectorParams(size: 384, distance: .cosine)),
      .named([NamedVectorParams(name: "a", params: VectorParams(size: 2, distance: .dot))]),
    ] {
      let body = ClientRequest.createCollection(vectors: vectors, onDiskPayload: false)
      #expect(
        try decoded(body, RequestDecoder.createCollection)
          == CollectionConfig(vectors: vectors, onDiskPayload: false))
    }
    let body = ClientRequest.createCollection(
      vectors: .unnamed(VectorParams(size: 2, distance: .dot)))
    #expect(String(decoding: body, as: UTF8.self) == #"{"vectors":{"size":2,"distance":"Dot"}}"#)
  }

  @Test func upsertAndDelete() throws {
    let points = [
      Point(id: .number(1), vectors: unnamed([0.1, -2]), payload: payload(#"{"a":[1,"x"]}"#)),
      Point(id: Self.uuid, vectors: [NamedVector(name: "t", values: [3])]),
    ]
    #expect(
      try decoded(ClientRequest.upsert(points), RequestDecoder.upsert) == .upsert(points))
    for selector in [PointSelector.ids([.number(1), Self.uuid]), .filter(Filter())] {
      #expect(
        try decoded(ClientRequest.deletePoints(selector), RequestDecoder.deletePoints)
          == .delete(selector))
    }
  }

  private static func everyCondition(on field: PayloadPath) throws -> Filter {
    let here = GeoPoint(longitude: 13.4, latitude: -52.5)
    let corners = [here, GeoPoint(longitude: 1, latitude: 2), GeoPoint(longitude: 3, latitude: 0)]
    let ring = corners + [here]
    return Filter(
      must: [
        .match(key: field, .value(.string("b"))), .match(key: field, .any([.integer(-1)])),
        .match(key: field, .except([.string("z")])), .match(key: field, .value(.bool(true))),
        .match(key: field, .text("a b")), .match(key: field, .textAny("")),
        .match(key: field, .phrase("\"q\"")), .match(key: field, .prefix("p")),
        .range(
          key: field,
          RangeCondition(
            lessThan: 1, lessThanOrEqual: 2.5, greaterThan: -1, greaterThanOrEqual: 0.1)),
        .datetimeRange(
          key: field,
          DatetimeRange(lessThan: Datetime("2024-02-29"), greaterThan: Datetime("0-1-1"))
        ),
        .valuesCount(key: field, ValuesCount(lessThanOrEqual: 3, greaterThanOrEqual: 0)),
        .geoBoundingBox(key: field, GeoBoundingBox(topLeft: here, bottomRight: corners[1])),
        .geoRadius(key: field, GeoRadius(center: here, radius: 1000.5)),
        .geoPolygon(key: field, try GeoPolygon(exterior: ring, interiors: [ring])),
        .geoPolygon(key: field, try GeoPolygon(exterior: ring)),
        .slice(PointSlice(total: 3, index: 2)),
        .nested(key: field, Filter(must: [.isNull(key: path("x"))])),
      ], should: [.isEmpty(key: field), .isNull(key: field)],
      mustNot: [.hasID([uuid, .number(2)]), .hasVector("v")],
      minShould: .init(conditions: [.filter(Filter(must: [.hasVector("")]))], minimum: 1))
  }

  @Test func query() throws {
    let field = path("metadata.\"odd key\"[].x")
    let filter = try Self.everyCondition(on: field)
    let requests = [
      QueryRequest(),
      QueryRequest(query: .nearest(.dense([0.25, 1])), limit: 3, withPayload: .all),
      QueryRequest(
        query: .mmr(.point(Self.uuid), diversity: 0.3, candidates: 20), using: "t",
        filter: filter, params: SearchParams(hnswEf: 5, exact: true, indexedOnly: true),
        scoreThreshold: 0.05, limit: 7, offset: 2, withPayload: .exclude([field]),
        withVector: .names(["t"]), lookupFrom: LookupLocation(collection: "c", vector: "v")),
      QueryRequest(
        query: .mmr(.dense([1]), diversity: 0.3, candidates: nil), withPayload: .include([field]),
        withVector: .all, lookupFrom: LookupLocation(collection: "c", vector: nil)),
    ]
    for request in requests {
      #expect(try decoded(ClientRequest.query(request), RequestDecoder.query) == request)
    }
  }

  @Test func negationBecomesAFilter() throws {
    let request = QueryRequest(filter: Filter(must: [.not(.hasVector("a"))]))
    #expect(
      try decoded(ClientRequest.query(request), RequestDecoder.query).filter
        == Filter(must: [.filter(Filter(mustNot: [.hasVector("a")]))]))
  }

  @Test func retrieve() throws {
    let request = RetrieveRequest(
      ids: [.number(3), Self.uuid], withPayload: .none, withVector: .all)
    #expect(try decoded(ClientRequest.retrieve(request), RequestDecoder.retrieve) == request)
  }

  @Test func answers() throws {
    let records = [
      Record(id: .number(1), payload: payload(#"{"a":1}"#), vectors: unnamed([0.1])),
      Record(id: Self.uuid, vectors: []), Record(id: .number(2)),
    ]
    let points = records.map { ScoredPoint(record: $0, version: 9, score: -0.5) }
    #expect(
      try answer({ $0.write([points], as: .records) }, ClientResponse.records) == records)
    for isWrapped in [true, false] {
      let layout = PointsLayout.results(isWrapped: isWrapped, isBatch: false)
      #expect(
        try answer({ $0.write([points], as: layout) }, ClientResponse.scoredPoints) == points)
    }
    #expect(try answer({ $0.writeCount(4) }, ClientResponse.count) == 4)
    #expect(try answer({ $0.writeExists(true) }, ClientResponse.exists))
    #expect(try answer({ $0.bool(false) }, ClientResponse.flag) == false)
  }

  @Test func collections() throws {
    for vectors in [
      VectorsConfig.unnamed(VectorParams(size: 384, distance: .cosine)), .named([]),
      .named([
        NamedVectorParams(
          name: "",
          params: VectorParams(size: 2, distance: .dot, settings: ["on_disk": .bool(true)])
        )
      ]),
    ] {
      let info = CollectionInfoResponse(
        status: .yellow, indexedVectorsCount: 1, pointsCount: 5, segmentsCount: 1,
        config: CollectionConfig(vectors: vectors))
      #expect(
        try answer({ $0.write(info) }, ClientResponse.collection)
          == RemoteCollection(status: "yellow", pointsCount: 5, vectors: vectors))
    }
  }

  @Test func errors() throws {
    let error = ResponseEnvelope.error(text: "Not found: x", seconds: 0)
    #expect(error.withUnsafeBytes { ClientResponse.errorText($0) } == "Not found: x")
    let ok = ResponseEnvelope.ok(seconds: 0) { $0.bool(true) }
    #expect(ok.withUnsafeBytes { ClientResponse.errorText($0) } == nil)
    #expect(Array("<html>".utf8).withUnsafeBytes { ClientResponse.errorText($0) } == nil)
    #expect(throws: ClientResponseError("unexpected answer: missing field `result`")) {
      try response(error, ClientResponse.records)
    }
    #expect(
      throws: ClientResponseError(
        "unexpected answer: result: invalid type: boolean `true`, expected a sequence")
    ) { try response(ok, ClientResponse.records) }
    #expect(
      throws: ClientResponseError("the answer is not JSON: expected value at line 1 column 1")
    ) { try response(Array("<html>".utf8), ClientResponse.flag) }
    let strange = Array(
      #"{"result":{"status":"green","config":{"params":{"vectors":{"size":0}}}}}"#.utf8)
    #expect(
      throws: ClientResponseError(
        "unexpected answer: result.config.params.vectors: vectors.distance: expected a distance")
    ) { try response(strange, ClientResponse.collection) }
  }
}
