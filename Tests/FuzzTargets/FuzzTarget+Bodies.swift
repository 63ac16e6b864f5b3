import FastJSON
import QdrantAPI
import RAGGateway

/// JSON, and the bodies of both servers that are made of it.
extension FuzzTarget {
  /// The parser by itself.
  static let json = body(
    "json",
    [
      #"{"a":[1,-2.5e3,true,null,"x\u00e9\ud83d\ude00"],"b":{"c":{}},"a":18446744073709551615}"#,
      #"[[[[]]],{"":""},1.7976931348623157e308]"#,
    ]
  ) { bytes in (try? JSONValue(parsing: Array(bytes))) != nil }

  /// The bodies of Qdrant's REST API, a target each.
  static let bodies: [FuzzTarget] = settings + updates + reads + queries

  /// What points are selected by.
  static let filters = body(
    "filter",
    [
      #"{"filter":\#(filter)}"#,
      """
      {"filter":{"should":[{"key":"a","match":{"except":[1,2]}},{"is_empty":{"key":"b"}},
      {"has_vector":"v"},{"key":"t","match":{"phrase":"a b"}},
      {"key":"t","match":{"text_any":"a b"}},{"key":"n","range":{"lte":null,"gt":-1e3}}],
      "must_not":{"key":"g","geo_bounding_box":{"top_left":{"lon":-1,"lat":2},
      "bottom_right":{"lon":1,"lat":-2}}}}}
      """,
      """
      {"filter":{"must":[{"must":[{"should":[]}]},{"key":"g","geo_polygon":{"exterior":{"points":
      [{"lon":0,"lat":0},{"lon":1,"lat":0},{"lon":1,"lat":1},{"lon":0,"lat":0}]},"interiors":[]}}]}}
      """,
    ]
  ) { decodes(RequestDecoder.count, $0) }

  /// What scores are computed by.
  static let formulas = body(
    "formula",
    [
      #"{"query":{"formula":\#(formula),"defaults":{"n":1,"g":{"lon":1,"lat":2}}},"prefetch":{}}"#,
      #"{"query":{"formula":{"sqrt":{"ln":{"log10":{"exp":"$score[1]"}}}}},"prefetch":[{},{}]}"#,
      """
      {"query":{"formula":{"mult":[{"gauss_decay":{"x":"n","scale":5,"midpoint":0.5}},
      {"lin_decay":{"x":"$score","target":1}},{"must":[{"key":"a","match":{"value":1}}]}]}},
      "prefetch":{"query":[1,2]}}
      """,
    ]
  ) { decodes(RequestDecoder.query, $0) }

  /// Bodies of the gateway.
  static let gatewayBodies: [FuzzTarget] = [
    body(
      "gateway/question",
      [
        #"{"question":"What?","k":3,"filter":{"must":[{"key":"a","match":{"value":1}}]}}"#,
        #"{"question":"Why?","stream":true,"history":[{"role":"user","content":"What?"}]}"#,
      ]
    ) { bytes in (try? QuestionRequest(Array(bytes), limits: GatewayLimits())) != nil },
    body(
      "gateway/chunks",
      [
        #"{"chunks":[{"page_content":"Some text.","metadata":{"chunk_id":"a","n":1}}]}"#,
        #"{"chunks":[{"page_content":"One."},{"page_content":"Two.","metadata":null}]}"#,
      ]
    ) { bytes in (try? RequestBody.chunks(Array(bytes))) != nil },
  ]

  private static func body(
    _ name: String, _ samples: [String],
    read: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
  ) -> FuzzTarget {
    let maker = JSONMaker(samples)
    return FuzzTarget(
      name: name, example: { maker.text(&$0) }, alter: { maker.alter(&$0, &$1) }, read: read)
  }

  private static func body<Value>(
    _ name: String, _ decode: @escaping RequestDecoder.Decode<Value>, _ samples: String...
  ) -> FuzzTarget {
    body("rest/\(name)", samples) { decodes(decode, $0) }
  }

  private static func decodes<Value>(
    _ decode: RequestDecoder.Decode<Value>, _ bytes: UnsafeRawBufferPointer
  ) -> Bool {
    do throws(RequestError) {
      _ = try decode(RequestDecoder.document(Array(bytes)))
      return true
    } catch {
      return false
    }
  }

  private static let filter = """
    {"must":[{"key":"a.b[]","match":{"any":["x","y"]}},{"has_id":[1,"\(uuid)"]},
    {"is_null":{"key":"c"}}],
    "should":{"key":"g","geo_radius":{"center":{"lon":1.5,"lat":2},"radius":10}},
    "must_not":[{"nested":{"key":"n","filter":{"must":[{"key":"x","range":{"gte":1,"lt":2.5}}]}}}],
    "min_should":{"conditions":[{"key":"d","range":{"gt":"2024-01-01T00:00:00Z"}},
    {"key":"t","match":{"text":"quick fox"}},{"key":"v","values_count":{"gte":1}}],"min_count":1}}
    """

  private static let uuid = "6f1f8f3e-2f6a-4e1b-8a4e-3f2d1c0b9a87"

  private static let settings: [FuzzTarget] = [
    body(
      "create-collection", RequestDecoder.createCollection,
      #"{"vectors":{"size":4,"distance":"Cosine","on_disk":true,"datatype":"float16"}}"#,
      """
      {"vectors":{"a":{"size":3,"distance":"Dot","multivector_config":{"comparator":"max_sim"},
      "hnsw_config":{"m":16},"quantization_config":{"scalar":{"type":"int8","quantile":0.9}}}},
      "sparse_vectors":{"s":{"modifier":"idf","index":{"on_disk":false}}},
      "optimizers_config":{"indexing_threshold":10},"strict_mode_config":{"enabled":true},
      "metadata":{"owner":"x"}}
      """),
    body(
      "update-collection", RequestDecoder.updateCollection,
      #"{"vectors":{"":{"on_disk":false}},"params":{"replication_factor":1}}"#,
      #"{"sparse_vectors":{"s":{"index":{"on_disk":true}}},"quantization_config":"Disabled"}"#),
    body(
      "create-vector-name", RequestDecoder.createVectorName,
      #"{"dense":{"size":8,"distance":"Euclid"}}"#, #"{"sparse":{"modifier":"idf"}}"#),
    body(
      "change-aliases", RequestDecoder.changeAliases,
      """
      {"actions":[{"create_alias":{"collection_name":"c","alias_name":"a"}},
      {"delete_alias":{"alias_name":"a"}},
      {"rename_alias":{"old_alias_name":"a","new_alias_name":"b"}}]}
      """),
    body(
      "create-payload-index", RequestDecoder.createPayloadIndex,
      #"{"field_name":"a.b","field_schema":"keyword"}"#,
      """
      {"field_name":"t","field_schema":{"type":"text","tokenizer":"word","lowercase":true,
      "min_token_len":2,"stopwords":{"languages":["english"],"custom":["x"]},
      "stemmer":{"type":"snowball","language":"english"},"phrase_matching":true}}
      """),
    body(
      "recover-snapshot", RequestDecoder.recoverSnapshot,
      #"{"location":"file:///snapshots/c.snapshot","priority":"snapshot","checksum":"ab"}"#),
    body(
      "recover-from-peer", RequestDecoder.recoverFromPeer,
      #"{"peer_url":"http://localhost:6333","api_key":"k"}"#),
    body("quotas", RequestDecoder.quotas, #"{"collections":{"max_count":3}}"#, "{}"),
    body(
      "snapshot-manifest", RequestDecoder.snapshotManifest,
      #"{"0":{"segment":"0","version":1,"files":{}}}"#, "{}"),
    body(
      "audit-logs", RequestDecoder.auditLogs,
      #"""
      {"time_from":"2024-01-01T00:00:00Z","time_to":"2025-01-01","limit":10,
      "filters":{"method":"upsert"}}
      """#),
  ]

  private static let updates: [FuzzTarget] = [
    body(
      "upsert", RequestDecoder.upsert,
      """
      {"points":[{"id":1,"vector":[0.1,2,-3e-2],"payload":{"a":{"b":[1,"x"]}}},
      {"id":"\(uuid)","vector":{"":[1,2,3],"s":{"indices":[3,1],"values":[0.5,2]},
      "m":[[1,2],[3,4]],"d":{"text":"some words","model":"qdrant/bm25"}}}]}
      """,
      #"{"batch":{"ids":[1,2],"vectors":[[1,2],[3,4]],"payloads":[null,{"a":1}]}}"#,
      """
      {"batch":{"ids":[1],"vectors":{"s":[{"indices":[1],"values":[2]}]}},
      "update_mode":"insert_only"}
      """
    ),
    body(
      "delete-points", RequestDecoder.deletePoints, #"{"points":[1,"\#(uuid)"]}"#,
      #"{"filter":\#(filter)}"#),
    body(
      "set-payload", RequestDecoder.setPayload,
      #"{"payload":{"a":[1,{"b":null}]},"points":[1,2],"key":"x.y[0]"}"#,
      #"{"payload":{},"filter":\#(filter)}"#),
    body(
      "overwrite-payload", RequestDecoder.overwritePayload, #"{"payload":{"a":1},"points":[1]}"#),
    body(
      "delete-payload", RequestDecoder.deletePayload,
      #"{"keys":["a","b.c[]"],"filter":\#(filter)}"#),
    body("clear-payload", RequestDecoder.clearPayload, #"{"points":[1]}"#),
    body(
      "update-vectors", RequestDecoder.updateVectors,
      #"{"points":[{"id":1,"vector":{"a":[1,2],"s":{"indices":[],"values":[]}}}]}"#),
    body(
      "delete-vectors", RequestDecoder.deleteVectors, #"{"points":[1],"vector":["a","s"]}"#),
    body(
      "batch", RequestDecoder.batch,
      """
      {"operations":[{"upsert":{"points":[{"id":1,"vector":[1]}]}},{"delete":{"points":[1]}},
      {"set_payload":{"payload":{"a":1},"points":[1]}},{"clear_payload":{"points":[2]}},
      {"delete_payload":{"keys":["a"],"points":[1]}},
      {"delete_vectors":{"points":[1],"vector":["a"]}}]}
      """),
  ]

  private static let reads: [FuzzTarget] = [
    body(
      "retrieve", RequestDecoder.retrieve,
      #"{"ids":[1,"\#(uuid)"],"with_payload":{"exclude":["a"]},"with_vector":["a"]}"#),
    body(
      "scroll", RequestDecoder.scroll,
      #"{"filter":\#(filter),"limit":5,"offset":3,"with_payload":["a.b"]}"#,
      #"{"order_by":{"key":"n","direction":"desc","start_from":5},"limit":2}"#),
    body("count", RequestDecoder.count, #"{"filter":\#(filter),"exact":false}"#),
    body(
      "facet", RequestDecoder.facet, #"{"key":"a","limit":3,"exact":true,"filter":\#(filter)}"#),
    body("matrix", RequestDecoder.matrix, #"{"sample":10,"limit":3,"using":"a"}"#),
  ]

  private static let formula = """
    {"sum":["$score",{"mult":[2,"a.b",{"key":"x","match":{"value":1}}]},{"neg":{"abs":-1}},
    {"div":{"left":1,"right":"n","by_zero_default":0}},{"pow":{"base":2,"exponent":3}},
    {"geo_distance":{"origin":{"lon":1,"lat":2},"to":"g"}},{"datetime":"2024-01-01"},
    {"exp_decay":{"x":{"datetime_key":"d"},"target":{"datetime":"2024-01-01"},"scale":60}}]}
    """

  private static let queries: [FuzzTarget] = [
    body(
      "query", RequestDecoder.query,
      """
      {"prefetch":[{"query":[1,2],"using":"a","limit":5,"filter":\(filter)},
      {"prefetch":{"query":{"indices":[1],"values":[2]},"using":"s"},"query":{"order_by":"n"}}],
      "query":{"fusion":"rrf"},"limit":3,"offset":1,"score_threshold":0.5,
      "params":{"exact":true,"hnsw_ef":10,"quantization":{"rescore":false,"oversampling":2}}}
      """,
      #"{"query":{"formula":\#(formula),"defaults":{"n":1}},"prefetch":{"query":1}}"#,
      #"{"query":{"recommend":{"positive":[1,[1,2]],"negative":[2],"strategy":"best_score"}}}"#,
      #"{"query":{"discover":{"target":1,"context":[{"positive":1,"negative":2}]}}}"#,
      #"{"query":{"context":[{"positive":[1],"negative":2}]},"lookup_from":{"collection":"c"}}"#,
      #"{"query":{"nearest":[1,2],"mmr":{"diversity":0.5,"candidates_limit":10}}}"#,
      #"{"query":{"rrf":{"k":2,"weights":[1,2]}},"prefetch":[{"query":1},{"query":2}]}"#,
      #"{"query":{"sample":"random"}}"#, #"{"query":[[1,2],[3,4]]}"#,
      """
      {"query":{"relevance_feedback":{"target":[1,2],"feedback":[{"example":1,"score":0.5}],
      "strategy":{"naive":{"a":1,"b":1,"c":1}}}}}
      """),
    body(
      "query-batch", RequestDecoder.queryBatch, #"{"searches":[{"query":1},{"query":[1,2]}]}"#),
    body(
      "query-groups", RequestDecoder.queryGroups,
      #"{"query":1,"group_by":"a.b","group_size":2,"limit":3,"with_lookup":{"collection":"c"}}"#),
    body(
      "search", RequestDecoder.search,
      #"{"vector":{"name":"a","vector":[1,2]},"limit":3,"filter":\#(filter)}"#,
      #"{"vector":{"name":"s","vector":{"indices":[1],"values":[1]}},"limit":3}"#),
    body(
      "search-batch", RequestDecoder.searchBatch, #"{"searches":[{"vector":[1,2],"limit":3}]}"#),
    body(
      "search-groups", RequestDecoder.searchGroups,
      #"{"vector":[1,2],"group_by":"a","group_size":1,"limit":2}"#),
    body(
      "recommend", RequestDecoder.recommend,
      #"{"positive":[1,[1,2]],"negative":[3],"strategy":"sum_scores","limit":3}"#),
    body(
      "recommend-batch", RequestDecoder.recommendBatch,
      #"{"searches":[{"positive":[1],"limit":3}]}"#),
    body(
      "recommend-groups", RequestDecoder.recommendGroups,
      #"{"positive":[1],"group_by":"a","group_size":1,"limit":2}"#),
    body(
      "discover", RequestDecoder.discover,
      #"{"target":1,"context":[{"positive":1,"negative":[1,2]}],"limit":3}"#),
    body(
      "discover-batch", RequestDecoder.discoverBatch,
      #"{"searches":[{"target":1,"context":[],"limit":3}]}"#),
  ]
}
