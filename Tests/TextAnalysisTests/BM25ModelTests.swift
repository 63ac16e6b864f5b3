import Foundation
import PointModel
import Testing
import TextAnalysis

/// The sparse vectors that Qdrant's own engine, `qdrant-edge-py`, makes of a text; none of the
/// scripts in which ICU parts words elsewhere.
private struct GoldenVectors: Decodable {
  struct Options: Decodable {
    struct Words: Decodable {
      let languages: [String]
      let custom: [String]
    }
    struct Stemming: Decodable {
      let language: String
    }
    let k: Double?
    let b: Double?
    let avgLen: Double?
    let tokenizer: String?
    let language: String?
    let asciiFolding: Bool?
    let lowercase: Bool?
    let minTokenLen: Int?
    let maxTokenLen: Int?
    let stopwords: Stopping?
    let stemmer: Stemming?
  }

  enum Stopping: Decodable {
    case language(String)
    case words(Options.Words)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let name = try? container.decode(String.self) {
        self = .language(name)
      } else {
        self = .words(try container.decode(Options.Words.self))
      }
    }
  }

  let options: Options
  let text: String
  let indices: [UInt32]
  let values: [Float]
  let query: [UInt32]

  var parameters: BM25Parameters {
    let stopwords: Stopwords? =
      switch options.stopwords {
      case nil: nil
      case .language(let name): StopwordLanguage(named: name).map { .language($0) }
      case .words(let words):
        .set(
          languages: words.languages.compactMap { StopwordLanguage(named: $0) },
          custom: words.custom)
      }
    let tokenizer = options.tokenizer.flatMap { TextIndexParams.Tokenizer(rawValue: $0) }
    let stemmer = options.stemmer.flatMap { SnowballLanguage(named: $0.language) }
    return BM25Parameters(
      saturation: options.k ?? 1.2, lengthPenalty: options.b ?? 0.75,
      averageLength: options.avgLen ?? 256,
      text: TextIndexParams(
        tokenizer: tokenizer ?? .word, minTokenLength: options.minTokenLen,
        maxTokenLength: options.maxTokenLen, lowercase: options.lowercase,
        asciiFolding: options.asciiFolding, stopwords: stopwords,
        stemmer: stemmer.map { .snowball($0) }),
      language: options.language ?? "english")
  }
}

@Suite struct BM25ModelTests {
  @Test func `vectors equal those of Qdrant's engine`() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/bm25.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let cases = try decoder.decode([GoldenVectors].self, from: Data(contentsOf: file))
    #expect(cases.count >= 200)
    for golden in cases {
      let model = BM25Models.shared.model(golden.parameters)
      let stored = model.documentVector(golden.text)
      #expect(stored.indices == golden.indices, "\(golden.text) as \(golden.options)")
      #expect(stored.values == golden.values, "\(golden.text) as \(golden.options)")
      let searched = model.queryVector(golden.text)
      #expect(searched.indices == golden.query, "\(golden.text) as \(golden.options)")
      #expect(searched.values == golden.query.map { _ in 1 })
    }
  }

  @Test func `a repeated token saturates and a long text is marked down`() {
    let model = BM25Model(BM25Parameters(averageLength: 2))
    #expect(model.documentVector("fox fox").values == [1.375])
    let short = model.documentVector("fox den").values
    let long = model.documentVector("fox den fir elm oak ash").values
    #expect(short == [1, 1])
    #expect(long.count == 6 && long.allSatisfy { $0 < 1 })
    #expect(model.queryVector("fox fox").values == [1])
    #expect(model.queryVector("the of").indices.isEmpty)
  }

  @Test func `a long text is read no further than it is told to`() {
    let model = BM25Model(BM25Parameters(language: "none"))
    let text = (0..<100_000).map { "word\($0)" }.joined(separator: " ")
    var asked = 0
    let goesOn = {
      asked += 1
      return asked < 3
    }
    #expect(model.documentVector(text, while: goesOn).indices.count < 10_000)
    #expect(asked == 3)
    #expect(model.queryVector(text, while: { false }).indices.count < 10_000)
  }

  @Test func `a language that is not known stops and stems nothing`() {
    let model = BM25Model(BM25Parameters(language: "none"))
    #expect(model.queryVector("the running runs").indices.count == 3)
    #expect(BM25Model(BM25Parameters()).queryVector("the running runs").indices.count == 1)
    #expect(BM25Model(BM25Parameters(language: "en")).queryVector("running").indices.count == 1)
  }

  @Test(
    arguments: [
      (BM25Parameters(), nil),
      (BM25Parameters(saturation: -1), "BM25 k1 must be finite and >= 0, got -1"),
      (BM25Parameters(saturation: .infinity), "BM25 k1 must be finite and >= 0, got inf"),
      (BM25Parameters(lengthPenalty: 1.5), "BM25 b must be finite and in [0.0, 1.0], got 1.5"),
      (BM25Parameters(averageLength: 0), "BM25 avg_doc_len must be finite and > 0, got 0"),
    ] as [(BM25Parameters, String?)])
  func problems(parameters: BM25Parameters, problem: String?) {
    #expect(parameters.problem == problem)
  }

  @Test func `models are kept, the oldest not for ever`() {
    let models = BM25Models()
    for length in 1...40 {
      let model = models.model(BM25Parameters(averageLength: Double(length)))
      #expect(
        model.documentVector("fox").values
          == models.model(
            BM25Parameters(averageLength: Double(length))
          ).documentVector("fox").values)
    }
  }
}
