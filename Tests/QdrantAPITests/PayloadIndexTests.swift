import FastJSON
import PointModel
import QdrantAPI
import Testing

@Suite struct PayloadIndexTests {
  private static func decode(_ json: String) throws(RequestError) -> PayloadIndexRequest {
    try decoded(json, RequestDecoder.createPayloadIndex)
  }

  @Test(arguments: PayloadIndexType.allCases)
  func aTypeNameIsEnough(_ type: PayloadIndexType) throws {
    let request = try Self.decode(#"{"field_name":"a.b","field_schema":"\#(type.rawValue)"}"#)
    #expect(request.path == PayloadPath("a.b"))
    #expect(request.schema == PayloadFieldSchema(type: type))
    #expect(request.schema.isTypeOnly)
    let old = try Self.decode(#"{"field_name":"a","field_type":"\#(type.rawValue)"}"#)
    #expect(old.schema.params.type == type)
  }

  /// What is asked for, and what is shown of it.
  @Test(arguments: [
    (#"{"type":"keyword"}"#, #"{"type":"keyword"}"#),
    (
      #"{"type":"keyword","is_tenant":true,"prefix":false,"memory":"pinned","unknown":1}"#,
      #"{"type":"keyword","is_tenant":true,"memory":"pinned","prefix":false}"#
    ),
    (
      #"{"type":"integer"}"#,
      #"{"type":"integer","lookup":null,"range":null,"is_principal":null}"#
    ),
    (
      #"{"type":"integer","lookup":false,"on_disk":true}"#,
      #"{"type":"integer","lookup":false,"range":null,"is_principal":null,"on_disk":true}"#
    ),
    (#"{"type":"float","is_principal":true}"#, #"{"type":"float","is_principal":true}"#),
    (#"{"type":"datetime"}"#, #"{"type":"datetime","is_principal":null}"#),
    (#"{"type":"geo","enable_hnsw":false}"#, #"{"type":"geo","enable_hnsw":false}"#),
    (#"{"type":"bool","memory":"cold"}"#, #"{"type":"bool","memory":"cold"}"#),
    (#"{"type":"uuid","is_tenant":false}"#, #"{"type":"uuid","is_tenant":false}"#),
    (#"{"type":"text"}"#, #"{"type":"text","tokenizer":"word"}"#),
    (
      #"{"type":"text","tokenizer":"prefix","min_token_len":2,"max_token_len":9,"#
        + #""lowercase":false,"ascii_folding":true,"phrase_matching":true,"#
        + #""stopwords":{"languages":["en","de","en"],"custom":["b","a"]},"#
        + #""stemmer":{"type":"snowball","language":"fr"}}"#,
      #"{"type":"text","tokenizer":"prefix","min_token_len":2,"max_token_len":9,"#
        + #""lowercase":false,"ascii_folding":true,"phrase_matching":true,"#
        + #""stopwords":{"languages":["english","german"],"custom":["a","b"]},"#
        + #""stemmer":{"type":"snowball","language":"french"}}"#
    ),
    (
      #"{"type":"text","stopwords":"english","stemmer":{"type":"none"}}"#,
      #"{"type":"text","tokenizer":"word","stopwords":"english","stemmer":{"type":"none"}}"#
    ),
  ])
  func parametersAreShownAsTheyWereSet(_ asked: String, _ shown: String) throws {
    let request = try Self.decode(#"{"field_name":"a","field_schema":\#(asked)}"#)
    let json = JSONValue.object(request.schema.params.json).serialized()
    #expect(String(decoding: json, as: UTF8.self) == shown)
    // What is shown is also what is stored.
    guard case .object(let stored) = try JSONValue(parsing: json) else {
      Issue.record("not an object")
      return
    }
    #expect(PayloadIndexParams(json: stored) == request.schema.params)
  }

  @Test(arguments: [
    Refusal.badRequest(
      #"{"field_name":"a"}"#,
      "Can't auto-detect field type, please specify `field_schema` in the request"),
    .format(#"{"field_schema":"keyword"}"#, "missing field `field_name`"),
    .format(
      #"{"field_name":"a","field_schema":"word"}"#,
      "field_schema: data did not match any variant of untagged enum PayloadFieldSchema"),
    .format(
      #"{"field_name":"a","field_schema":{"type":"keyword","is_tenant":1}}"#,
      "field_schema.is_tenant: invalid type: integer `1`, expected a boolean"),
    .format(
      #"{"field_name":"a[","field_schema":"keyword"}"#,
      "field_name: Invalid json path: 'a['"),
    .validation(
      #"{"field_name":"a","field_schema":{"type":"integer","lookup":false,"range":false}}"#,
      "field_schema.lookup: "
        + "Validation error: the 'lookup' and 'range' capabilities can't be both disabled [{}]"),
  ])
  func whatIsWrongIsNamed(_ refusal: Refusal) {
    refusal.check(RequestDecoder.createPayloadIndex)
  }

  @Test func aSchemaSurvivesItsStoredForm() throws {
    var schema = PayloadSchema()
    schema[try #require(PayloadPath("a"))] = PayloadFieldSchema(type: .keyword)
    schema[try #require(PayloadPath("b[].\"c d\""))] = PayloadFieldSchema(
      .integer(IntegerIndexParams(range: true)))
    var writer = JSONWriter()
    schema.write(to: &writer)
    #expect(try PayloadSchema(storedJSON: JSONValue(parsing: writer.bytes)) == schema)
    #expect(throws: StoredConfigError.self) {
      _ = try PayloadSchema(storedJSON: .object(["a": .string("word")]))
    }
  }
}
