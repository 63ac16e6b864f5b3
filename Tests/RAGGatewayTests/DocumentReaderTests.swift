import RAGGateway
import Testing

@Suite struct DocumentReaderTests {
  @Test func readsHTMLByItsHeadings() {
    let html = """
      <!doctype html><html><head><title>The  Guide</title><style>p{}</style></head><body>
      <nav><a href=x>Skip me</a></nav>
      <p>Before &amp; after&nbsp;all.</p>
      <h2>Purging <em>packages</em></h2>
      <p>First <b>para</b>graph.<p>Second, unclosed.
      <script>var x = "no";</script>
      <ul><li>One item</li><li>Two &lt;items&gt;</li></ul>
      <pre>apt purge
        <b>x</b></pre>
      <h3>Caf\u{e9}</h3>Loose text<br>on two lines
      </body></html>
      """
    let document = DocumentReader.document(html, name: "a/guide.html")
    #expect(document.title == "The Guide")
    #expect(
      document.sections == [
        .init(heading: "", text: "Before & after all.\n\n"),
        .init(
          heading: "Purging packages",
          text: "First paragraph.\n\nSecond, unclosed.\n\n- One item\n\n- Two <items>\n\n"
            + "    apt purge\n      x\n\n"),
        .init(heading: "Caf\u{e9}", text: "Loose text\n\non two lines\n\n"),
      ])
  }

  @Test func brokenAndDeepHTMLIsRead() {
    let deep = String(repeating: "<div>", count: 5_000) + "Text in the depth."
    _ = DocumentReader.document(deep, name: "deep.htm")
    let broken = DocumentReader.document("</p><b>Bold<i>both</b>text", name: "b.htm")
    #expect(broken.title == "b.htm")
    #expect(broken.sections.map(\.text) == ["Boldbothtext\n\n"])
    #expect(DocumentReader.document("", name: "e.html").sections.isEmpty)
  }

  @Test func readsMarkdownByItsHeadings() {
    let markdown = """
      ---
      title: "Front"
      ---
      Opening.

      # Top #
      Text.
      ```sh
      # no heading
      ```
      Under
      -----
      - item
      ---
      #hashtag
      """
    let document = DocumentReader.document(markdown, name: "x.md")
    #expect(document.title == "Front")
    #expect(document.sections.map(\.heading) == ["", "Top", "Under"])
    #expect(document.sections[1].text == "Text.\n\n    # no heading\n\n")
    #expect(document.sections[2].text == "- item\n---\n#hashtag\n")
  }

  @Test func firstHeadingIsTheTitle() {
    #expect(DocumentReader.document("# Name\nText.", name: "x.md").title == "Name")
    #expect(DocumentReader.document("Text.", name: "d/x.txt").title == "x.txt")
    #expect(DocumentReader.document("Name\n====\nText.", name: "x.md").title == "Name")
  }

  @Test func decodesUTF8ThenLatin1() throws {
    #expect(try DecodedText([0xef, 0xbb, 0xbf, 0x61]).text == "a")
    let latin = try DecodedText([0x63, 0x61, 0x66, 0xe9])
    #expect(latin.text == "caf\u{e9}")
    #expect(latin.isLatin1)
    #expect(throws: IngestError.notText) { try DecodedText([0x61, 0x00]) }
  }
}
