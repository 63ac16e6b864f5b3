import PointModel
import Testing

@Suite struct PayloadPathTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let steps: [PayloadPath.Step]
    var testDescription: String { text }
  }

  @Test(arguments: [
    Case(text: "city", steps: [.key("city")]),
    Case(text: "metadata.source", steps: [.key("metadata"), .key("source")]),
    Case(text: "tags[]", steps: [.key("tags"), .everyElement]),
    Case(text: "a[].b[2].c", steps: [.key("a"), .everyElement, .key("b"), .index(2), .key("c")]),
    Case(text: "m[0][1]", steps: [.key("m"), .index(0), .index(1)]),
    Case(text: "\"a key.with dots\".x", steps: [.key("a key.with dots"), .key("x")]),
    Case(text: "snake_case-and-dash1", steps: [.key("snake_case-and-dash1")]),
    Case(text: "größe", steps: [.key("größe")]),
    Case(text: "x.\"\"", steps: [.key("x"), .key("")]),
    Case(text: "日本[].²", steps: [.key("日本"), .everyElement, .key("²")]),
    Case(text: "\"a\u{301}\"", steps: [.key("a\u{301}")]),
  ])
  func readsAndWritesBack(sample: Case) throws {
    let path = try #require(PayloadPath(sample.text))
    #expect(path.steps == sample.steps)
    #expect(path.description == sample.text)
    #expect(PayloadPath(path.description) == path)
  }

  @Test(arguments: [
    "", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a]", "[0]", "a b", "\"open", "a[0]b",
    "a[99999999999999999999]", "a\"b\"", "\"a\\\\b\"", "a\u{301}", "a:b", "a[].", "a'b", "[]",
  ])
  func anythingElseIsRefused(text: String) {
    #expect(PayloadPath(text) == nil)
  }
}
