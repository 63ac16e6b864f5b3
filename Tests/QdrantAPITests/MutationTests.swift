import FastJSON
import PointModel
import QdrantAPI
import SeededRandom
import Testing

/// Damages valid bodies in many ways: every one is either read or refused with a proper text.
@Suite struct MutationTests {
  private static let seed: UInt64 = 0x51_0e_5e_ed

  private struct Sample {
    let name: String
    let body: String
    let decode: RequestDecoder.Decode<String>

    init<T>(
      _ name: String, _ body: String,
      _ decode: @escaping RequestDecoder.Decode<T>
    ) {
      self.name = name
      self.body = body
      self.decode = { body throws(RequestError) in
        _ = try decode(body)
        return name
      }
    }
  }

  private static let filter =
    #"{"must":[{"key":"a[].b","match":{"any":["x",""]}},{"has_id":[1]},{"is_empty":{"key":"c"}}],"#
    + #""should":{"key":"d","range":{"gte":1.5,"lt":null}},"must_not":[{"must":[]}],"#
    + #""min_should":{"conditions":[{"has_vector":""}],"min_count":1}}"#

  private static let samples = [
    Sample(
      "create",
      #"{"vectors":{"a":{"size":8,"distance":"Dot","hnsw_config":{"m":0},"#
        + #""quantization_config":{"scalar":{"type":"int8","quantile":0.9}}}},"shard_number":1,"#
        + #""sparse_vectors":{"s":{"modifier":"idf","index":{"on_disk":true}}},"#
        + #""optimizers_config":{"max_optimization_threads":"auto"},"metadata":{"x":[1]}}"#,
      RequestDecoder.createCollection),
    Sample(
      "update",
      #"{"params":{"replication_factor":2},"vectors":{"":{"hnsw_config":{"m":8}}},"#
        + #""quantization_config":"Disabled","metadata":{"a":null}}"#,
      RequestDecoder.updateCollection),
    Sample(
      "upsert",
      #"{"points":[{"id":1,"vector":[0.1,-2],"payload":{"a":{"b":[1,null,"x"]}}},"#
        + #"{"id":"5c56c793-69f3-4fbf-87e6-c4bf54c28c26","vector":{"t":[1]}}],"#
        + #""update_mode":"upsert"}"#,
      RequestDecoder.upsert),
    Sample(
      "columns", #"{"batch":{"ids":[1,2],"vectors":{"t":[[1],[2]]},"payloads":[null,{"a":1}]}}"#,
      RequestDecoder.upsert),
    Sample(
      "batch",
      #"{"operations":[{"upsert":{"points":[{"id":1,"vector":[1]}]}},"#
        + #"{"delete":{"filter":{}}},{"set_payload":{"payload":{"a":1},"points":[1],"key":"b"}},"#
        + #"{"delete_vectors":{"vector":["t"],"points":[2]}}]}"#,
      RequestDecoder.batch),
    Sample(
      "query",
      #"{"query":{"nearest":[1,2],"mmr":{"diversity":0.5,"candidates_limit":2}},"using":"t","#
        + #""filter":\#(filter),"params":{"hnsw_ef":1,"exact":true},"limit":3,"offset":1,"#
        + #""with_payload":{"include":["a"]},"with_vector":["t"],"score_threshold":0.5,"#
        + #""lookup_from":{"collection":"c","vector":"v"}}"#,
      RequestDecoder.query),
    Sample(
      "search", #"{"vector":{"name":"t","vector":[1]},"top":2,"filter":\#(filter)}"#,
      RequestDecoder.search),
    Sample(
      "scroll", #"{"offset":1,"limit":2,"filter":\#(filter),"with_payload":["a.b"]}"#,
      RequestDecoder.scroll),
    Sample(
      "retrieve", #"{"ids":[1,"5c56c79369f34fbf87e6c4bf54c28c26"],"with_vector":true}"#,
      RequestDecoder.retrieve),
  ]

  private func check(_ body: [UInt8], _ sample: Sample) {
    do throws(RequestError) {
      let name = try decoded(body, sample.decode)
      #expect(name == sample.name)
    } catch {
      let prefix =
        switch error {
        case .format: "Format error in JSON body: "
        case .validation: "Validation error in JSON body: ["
        case .badRequest: "Bad request: "
        case .wrongInput: "Wrong input: "
        }
      let bodyText = String(decoding: body, as: UTF8.self)
      #expect(error.text.hasPrefix(prefix) && error.text != prefix, "\(bodyText)")
      #expect(error.text.utf8.count < 2000, "\(bodyText)")
    }
  }

  @Test func samplesAreValid() throws {
    for sample in Self.samples {
      #expect(try decoded(sample.body, sample.decode) == sample.name)
    }
  }

  @Test func damagedBytes() {
    print("seed \(Self.seed)")
    var generator = SeededGenerator(seed: Self.seed)
    let alphabet = Array(#"{}[],:"\.-+0123456789eEtrufalsn "#.utf8) + [0, 0x80, 0xff]
    for sample in Self.samples {
      for _ in 0..<2000 {
        var body = Array(sample.body.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let at = Int.random(in: 0..<body.count, using: &generator)
          let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: body[at] = byte
          case 1: body.insert(byte, at: at)
          case 2: body.removeSubrange(at..<min(at + 3, body.count))
          default: body.insert(contentsOf: body[at..<min(at + 9, body.count)], at: at)
          }
          if body.isEmpty { body = [UInt8(ascii: "{")] }
        }
        check(body, sample)
      }
    }
  }

  @Test func exchangedValues() throws {
    print("seed \(Self.seed)")
    var generator = SeededGenerator(seed: Self.seed)
    for sample in Self.samples {
      let tree = try JSONValue(parsing: Array(sample.body.utf8))
      for _ in 0..<2000 {
        var mutated = tree
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
          mutated = exchange(in: mutated, &generator)
        }
        check(mutated.serialized(), sample)
      }
    }
  }

  private static let strangers: [JSONValue] = [
    .null, .bool(true), .integer(0), .integer(-1), .integer(.max), .unsigned(.max), .double(1e39),
    .double(0.5), .string(""), .string("a"), .array([]), .object([:]), .array([.integer(1)]),
    .array([.array([.double(1)])]), .object(["indices": .array([]), "values": .array([])]),
    .object(["key": .string("a")]), .object(["text": .string("x"), "model": .string("m")]),
  ]

  private func exchange(in value: JSONValue, _ generator: inout SeededGenerator) -> JSONValue {
    let stranger = Self.strangers[Int.random(in: 0..<Self.strangers.count, using: &generator)]
    if Int.random(in: 0..<4, using: &generator) == 0 { return stranger }
    switch value {
    case .array(var elements) where !elements.isEmpty:
      let index = Int.random(in: 0..<elements.count, using: &generator)
      elements[index] = exchange(in: elements[index], &generator)
      return .array(elements)
    case .object(var members) where !members.isEmpty:
      let key = members.keys[Int.random(in: 0..<members.count, using: &generator)]
      members[key] = exchange(in: members[key] ?? .null, &generator)
      return .object(members)
    default: return stranger
    }
  }

  /// Whatever is read of an upsert can be written and read again without a difference.
  @Test func upsertsSurvive() throws {
    print("seed \(Self.seed)")
    var generator = SeededGenerator(seed: Self.seed)
    var survivors = 0
    for sample in Self.samples where sample.name == "upsert" {
      let tree = try JSONValue(parsing: Array(sample.body.utf8))
      for _ in 0..<3000 {
        let body = exchange(in: tree, &generator).serialized()
        guard case .upsert(let points, _)? = try? decoded(body, RequestDecoder.upsert) else {
          continue
        }
        survivors += 1
        let values = points.flatMap(\.vectors).map(Self.numbers(of:))
        #expect(values.allSatisfy { $0.allSatisfy(\.isFinite) })
        #expect(
          try decoded(ClientRequest.upsert(points), RequestDecoder.upsert) == .upsert(points))
      }
    }
    #expect(survivors > 100)
  }

  private static func numbers(of vector: NamedVector) -> [Float] {
    switch vector.value {
    case .dense(let values): values
    case .sparse(let sparse): sparse.values
    case .multi(let multi): multi.values
    }
  }
}
