import PointModel
import QdrantAPI
import Testing

/// What a search may ask of codes, and of the rarity of sparse dimensions.
@Suite struct SearchParamsTests {
  private func params(_ json: String) throws -> SearchParams {
    try decoded(#"{"params":\#(json)}"#, RequestDecoder.query).params
  }

  @Test func quantization() throws {
    #expect(try params(#"{"quantization":{}}"#) == SearchParams())
    #expect(try params(#"{"quantization":{"ignore":true}}"#) == SearchParams(ignoresCodes: true))
    #expect(
      try params(#"{"quantization":{"rescore":false,"oversampling":2.4}}"#)
        == SearchParams(oversampling: 2.4, rescore: false))
  }

  @Test func theCorpusOfRarity() throws {
    #expect(try params(#"{"idf":"global"}"#) == SearchParams(idf: .global))
    #expect(try params(#"{"idf":null}"#) == SearchParams())
    #expect(
      try params(#"{"idf":{"corpus":{"must":{"has_id":[1]}}}}"#)
        == SearchParams(idf: .corpus(Filter(must: [.hasID([.number(1)])]))))
  }

  @Test func theyRoundTrip() throws {
    let all = [
      SearchParams(oversampling: 1.5), SearchParams(rescore: true),
      SearchParams(rescore: false, ignoresCodes: true), SearchParams(idf: .global),
      SearchParams(idf: .corpus(Filter(must: [.hasID([.number(1)])]))),
    ]
    for params in all {
      let request = QueryRequest(query: .nearest(.dense([1])), params: params)
      #expect(try decoded(ClientRequest.query(request), RequestDecoder.query) == request)
    }
  }

  @Test(
    arguments: [
      .format(
        #"{"params":{"idf":"local"}}"#, "params.idf: unknown variant `local`, expected `global`"),
      .format(#"{"params":{"idf":{}}}"#, "params.idf: missing field `corpus`"),
      .format(
        #"{"params":{"idf":[]}}"#,
        "params.idf: data did not match any variant of untagged enum IdfParams"),
      .format(
        #"{"params":{"idf":{"corpus":{"mus":[]}}}}"#,
        "params.idf.corpus: unknown field `mus`, "
          + "expected one of `should`, `min_should`, `must`, `must_not`"),
      .format(
        #"{"params":{"quantization":{"rescore":1}}}"#,
        "params.quantization.rescore: invalid type: integer `1`, expected a boolean"),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    refusal.check(RequestDecoder.query)
  }
}
