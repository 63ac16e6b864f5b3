import PointModel
import Testing
import TextAnalysis

@Suite struct TextAnalyzerTests {
  @Test func `tokens equal those of Qdrant's engine`() throws {
    let cases = try GoldenTokens.all()
    #expect(cases.count >= 300)
    for golden in cases {
      let analyzer = TextAnalyzer(golden.params)
      let tokens =
        golden.query
        ? analyzer.queryTokens(golden.text) : analyzer.documentTokens(golden.text)
      #expect(
        Set(tokens.map(GoldenTokens.id)).sorted() == golden.ids,
        "\(golden.text.debugDescription) as \(golden.params): \(tokens)")
    }
  }

  @Test func `words are runs of letters and digits`() {
    let analyzer = TextAnalyzer(TextIndexParams())
    #expect(analyzer.documentTokens("The Quick-brown fox!") == ["the", "quick", "brown", "fox"])
    #expect(analyzer.queryTokens("Hello, МИР 42") == ["hello", "мир", "42"])
    #expect(analyzer.documentTokens("one two one") == ["one", "two", "one"])
    #expect(analyzer.documentTokens("").isEmpty)
    #expect(analyzer.documentTokens(" \u{301}!").isEmpty)
  }

  @Test func `beginnings of words are stored, whole words searched`() {
    let analyzer = TextAnalyzer(
      TextIndexParams(tokenizer: .prefix, minTokenLength: 2, maxTokenLength: 4))
    #expect(analyzer.documentTokens("a theory") == ["th", "the", "theo"])
    #expect(analyzer.queryTokens("a theory th") == ["theo", "th"])
    let unbounded = TextAnalyzer(TextIndexParams(tokenizer: .prefix))
    #expect(unbounded.documentTokens("héé") == ["h", "hé", "héé"])
    #expect(unbounded.queryTokens("HÉÉ") == ["héé"])
  }

  /// Of `beginningMax`.
  @Test(arguments: [(127, 127), (128, 128), (129, 128), (100_000, 128)])
  func `beginnings have a bound`(length: Int, count: Int) {
    let analyzer = TextAnalyzer(TextIndexParams(tokenizer: .prefix))
    let long = String(repeating: "é", count: length)
    let tokens = analyzer.documentTokens(long)
    #expect(tokens.count == count)
    #expect(analyzer.queryTokens(long) == tokens.suffix(1))
  }

  @Test func `a stopword may be searched as a beginning`() {
    let analyzer = TextAnalyzer(
      TextIndexParams(tokenizer: .prefix, stopwords: .language(.english)))
    #expect(analyzer.documentTokens("the") == [])
    #expect(analyzer.queryTokens("the") == ["the"])
  }

  @Test func `length is counted behind stemming, in characters`() {
    let analyzer = TextAnalyzer(
      TextIndexParams(
        minTokenLength: 3, maxTokenLength: 5, stemmer: .snowball(.english)))
    #expect(analyzer.documentTokens("running is conditional été") == ["run", "été"])
  }

  @Test func `the common language's words are left out, and one's own`() {
    let analyzer = TextAnalyzer(
      TextIndexParams(stopwords: .set(languages: [.german, .english], custom: ["Haus"])))
    #expect(analyzer.documentTokens("Das HAUS and the garden") == ["garden"])
    let exact = TextAnalyzer(
      TextIndexParams(lowercase: false, stopwords: .set(languages: nil, custom: ["Haus"])))
    #expect(exact.documentTokens("Das Haus haus") == ["Das", "haus"])
  }

  /// Where Qdrant has dictionaries of its own, ICU's may part words elsewhere.
  @Test func `words are found where nothing parts them`() {
    let analyzer = TextAnalyzer(TextIndexParams(tokenizer: .multilingual))
    #expect(analyzer.documentTokens("我喜欢学习中文。") == ["我", "喜欢", "学习", "中文"])
    #expect(analyzer.documentTokens("ภาษาไทย 42") == ["ภาษา", "ไทย"])
    #expect(analyzer.documentTokens("日本語のテキスト").contains("テキスト"))
  }

  @Test(arguments: StopwordLanguage.allCases)
  func `every language has stopwords`(language: StopwordLanguage) {
    let analyzer = TextAnalyzer(
      TextIndexParams(tokenizer: .whitespace, stopwords: .language(language)))
    let known: [StopwordLanguage: String] = [
      .arabic: "من", .bengali: "এবং", .chinese: "的", .english: "the", .german: "und",
      .greek: "και", .hebrew: "אני", .japanese: "の", .nepali: "र", .russian: "и", .tajik: "аз",
      .kazakh: "мен", .danish: "og", .norwegian: "og", .swedish: "och", .dutch: "de",
      .french: "le", .spanish: "el", .catalan: "el", .italian: "il", .portuguese: "o",
      .romanian: "pe", .finnish: "ja", .hungarian: "és", .turkish: "ve", .azerbaijani: "və",
      .indonesian: "yang", .basque: "eta", .slovene: "in", .hinglish: "hai",
    ]
    #expect(known[language] != nil)
    #expect(analyzer.documentTokens("\(known[language] ?? "") qxz") == ["qxz"])
  }

  @Test(arguments: SnowballLanguage.allCases)
  func `every language has a stemmer`(language: SnowballLanguage) {
    let analyzer = TextAnalyzer(TextIndexParams(stemmer: .snowball(language)))
    #expect(analyzer.documentTokens("42").count == 1)
  }

  @Test func `one analyzer serves many threads`() async {
    let analyzer = TextAnalyzer(
      TextIndexParams(tokenizer: .multilingual, stemmer: .snowball(.english)))
    let expected = analyzer.documentTokens("running runners 今天是星期一 มาทำงานกันเถอะ")
    #expect(expected.count >= 6)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { _ in
            analyzer.documentTokens("running runners 今天是星期一 มาทำงานกันเถอะ") == expected
          }
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }

  /// Whatever a long text is made of, it is asked often whether to go on, and ended when not.
  @Test(arguments: TextIndexParams.Tokenizer.allCases)
  func aLongTextIsGivenUp(tokenizer: TextIndexParams.Tokenizer) {
    let analyzer = TextAnalyzer(TextIndexParams(tokenizer: tokenizer))
    let texts = [
      String(repeating: "word ", count: 40_000), String(repeating: " \u{2003}", count: 100_000),
      String(repeating: "学习中文", count: 50_000), String(repeating: "ab学", count: 60_000),
      String(repeating: "🦉", count: 200_000),
    ]
    for text in texts {
      var asked = 0
      var (tokens, tokensOfAll) = (0, 0)
      analyzer.forEachDocumentToken(of: text) {
        asked += 1
        return true
      } _: { _ in
        tokensOfAll += 1
      }
      #expect(asked >= text.unicodeScalars.count / 4096)
      asked = 0
      analyzer.forEachDocumentToken(of: text) {
        asked += 1
        return asked < 4
      } _: { _ in
        tokens += 1
      }
      #expect(asked == 4)
      #expect(tokens <= max(1, tokensOfAll / 2))
    }
  }

  /// Words that are looked up in a dictionary do not depend on where a long text is cut.
  @Test func aLongTextHasTheWordsOfItsParts() {
    let analyzer = TextAnalyzer(TextIndexParams(tokenizer: .multilingual))
    let part = "我喜欢学习中文今天是星期一"
    let inPart = analyzer.documentTokens(part + part).count - analyzer.documentTokens(part).count
    let text = String(repeating: part, count: 3000)
    let tokens = analyzer.documentTokens(text)
    #expect(tokens.joined() == text)
    #expect(tokens.count == inPart * 3000)
  }
}
