import FastJSON
import PointModel
import QdrantAPI
import Testing

@Suite struct EncoderTests {
  private func text(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func text(_ lists: [[ScoredPoint]], as layout: PointsLayout) -> String {
    text { $0.write(lists, as: layout) }
  }

  private static let uuid = PointID.uuid(PointUUID(high: 1, low: 0xab))

  @Test func envelopes() {
    let ok = ResponseEnvelope.ok(seconds: 0.000123) { $0.bool(true) }
    #expect(
      String(decoding: ok, as: UTF8.self) == #"{"result":true,"status":"ok","time":0.000123}"#)
    let error = ResponseEnvelope.error(text: "Not found: \"x\"\n", seconds: 0)
    #expect(
      String(decoding: error, as: UTF8.self)
        == #"{"status":{"error":"Not found: \"x\"\n"},"time":0.0}"#)
  }

  @Test func recordsOmitWhatWasNotAskedFor() {
    #expect(text { $0.write(Record(id: .number(.max))) } == #"{"id":18446744073709551615}"#)
    #expect(
      text { $0.write(Record(id: Self.uuid, payload: .empty, vectors: [])) }
        == #"{"id":"00000000-0000-0001-0000-0000000000ab","payload":{},"vector":{}}"#)
  }

  @Test func vectorsAreListsOrObjects() {
    #expect(
      text { $0.write(Record(id: .number(1), vectors: unnamed([0.05, 1, -1e-7]))) }
        == #"{"id":1,"vector":[0.05,1.0,-1e-7]}"#)
    #expect(
      text { $0.write(Record(id: .number(1), vectors: [NamedVector(name: "a", values: [1])])) }
        == #"{"id":1,"vector":{"a":[1.0]}}"#)
    let both = unnamed([2]) + [NamedVector(name: "a\"b", values: [1])]
    #expect(
      text { $0.write(Record(id: .number(1), vectors: both)) }
        == #"{"id":1,"vector":{"":[2.0],"a\"b":[1.0]}}"#)
  }

  @Test func scoredPoints() {
    let point = ScoredPoint(
      record: Record(id: .number(7), payload: payload(#"{"a":10.0,"b":10}"#)), version: 3,
      score: 4.358899)
    let json = #"{"id":7,"version":3,"score":4.358899,"payload":{"a":10.0,"b":10}}"#
    #expect(text { $0.write(point) } == json)
    let old = PointsLayout.results(isWrapped: false, isBatch: false)
    #expect(text([[point, point]], as: old) == "[\(json),\(json)]")
    let oldBatch = PointsLayout.results(isWrapped: false, isBatch: true)
    #expect(text([[point], []], as: oldBatch) == "[[\(json)],[]]")
    let query = PointsLayout.results(isWrapped: true, isBatch: false)
    #expect(text([[point]], as: query) == #"{"points":[\#(json)]}"#)
    let batch = PointsLayout.results(isWrapped: true, isBatch: true)
    #expect(text([[], [point]], as: batch) == #"[{"points":[]},{"points":[\#(json)]}]"#)
  }

  @Test func pages() {
    let points = [1, 2].map { ScoredPoint(record: Record(id: .number($0)), version: 0, score: 0) }
    #expect(text([points], as: .records) == #"[{"id":1},{"id":2}]"#)
    #expect(
      text([points], as: .scroll(nextOffset: .number(3)))
        == #"{"points":[{"id":1},{"id":2}],"next_page_offset":3}"#)
    #expect(
      text([[]], as: .scroll(nextOffset: nil)) == #"{"points":[],"next_page_offset":null}"#)
  }

  @Test func smallResults() {
    #expect(
      text { $0.write(UpdateResult(operationID: 5)) }
        == #"{"operation_id":5,"status":"completed"}"#)
    #expect(
      text { $0.write([UpdateResult(operationID: nil, status: .acknowledged)]) }
        == #"[{"status":"acknowledged"}]"#)
    #expect(
      text { $0.write(UpdateResult(operationID: 0, status: .waitTimeout)) }
        == #"{"operation_id":0,"status":"wait_timeout"}"#)
    #expect(text { $0.writeCount(12) } == #"{"count":12}"#)
    #expect(text { $0.writeExists(false) } == #"{"exists":false}"#)
    #expect(
      text { $0.writeCollections(["a", "b"]) } == #"{"collections":[{"name":"a"},{"name":"b"}]}"#)
  }

  @Test func collectionInfoHasExactlyTheKnownMembers() throws {
    let config = try decoded(
      #"{"vectors":{"size":8,"distance":"Cosine"}}"#, RequestDecoder.createCollection)
    var info = CollectionInfoResponse(
      status: .green, indexedVectorsCount: 0, pointsCount: 3, segmentsCount: 1, config: config)
    let configText = text { config.write(to: &$0) }
    #expect(
      text { $0.write(info) }
        == #"{"status":"green","optimizer_status":"ok","indexed_vectors_count":0,"#
        + #""points_count":3,"segments_count":1,"config":"# + configText
        + #","payload_schema":{},"update_queue":{"length":0}}"#)
    info.status = .red
    info.optimizerError = "disk full"
    info.payloadSchema = ["a": .object(["data_type": .string("keyword"), "points": .integer(2)])]
    info.updateQueueLength = 4
    #expect(
      text { $0.write(info) }
        == #"{"status":"red","optimizer_status":{"error":"disk full"},"indexed_vectors_count":0,"#
        + #""points_count":3,"segments_count":1,"config":"# + configText
        + #","payload_schema":{"a":{"data_type":"keyword","points":2}},"#
        + #""update_queue":{"length":4}}"#
    )
  }

  @Test func settingsWithoutEffectAreWarnedOf() {
    func config(
      _ settings: JSONObjectValue, isMulti: Bool = false, hnsw: JSONObjectValue = [:]
    ) -> CollectionConfig {
      let params = VectorParams(
        size: 2, distance: .dot, multivector: isMulti ? MultiVectorParams() : nil,
        settings: settings)
      return CollectionConfig(
        vectors: .named([NamedVectorParams(name: "a", params: params)]), hnsw: hnsw)
    }
    let inline: JSONObjectValue = ["inline_storage": .bool(true)]
    let own: JSONObjectValue = ["hnsw_config": .object(inline)]
    #expect(config([:]).warnings.isEmpty)
    let quantized = own.merging(["quantization_config": .object(["turbo": .object([:])])])
    #expect(config(quantized).warnings.isEmpty)
    #expect(
      config(["hnsw_config": .object(["inline_storage": .bool(false)])], hnsw: inline)
        .warnings.isEmpty)
    let needsQuantization = [
      "The `hnsw_config.inline_storage` option for vector 'a' requires quantization to be "
        + "enabled. This option will be ignored."
    ]
    #expect(config(own).warnings == needsQuantization)
    #expect(config([:], hnsw: inline).warnings == needsQuantization)
    let warned = config(quantized, isMulti: true)
    #expect(
      warned.warnings == [
        "The `hnsw_config.inline_storage` option for vector 'a' is not compatible with "
          + "multivectors. This option will be ignored."
      ])
    let info = CollectionInfoResponse(
      status: .green, indexedVectorsCount: 0, pointsCount: 0, segmentsCount: 1, config: warned)
    #expect(
      text { $0.write(info) }.contains(
        #""optimizer_status":"ok","warnings":[{"message":"\#(warned.warnings[0])"}],"#))
  }
}
