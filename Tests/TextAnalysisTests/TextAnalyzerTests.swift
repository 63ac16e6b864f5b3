import PointModel
import Testing
import TextAnalysis

@Suite struct TextAnalyzerTests {
  @Test func words() {
    let analyzer = TextAnalyzer(TextIndexParams())
    #expect(analyzer.documentTokens("The Quick-brown fox!") == ["the", "quick", "brown", "fox"])
    #expect(analyzer.queryTokens("Hello, МИР 42") == ["hello", "мир", "42"])
  }
}
