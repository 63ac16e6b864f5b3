import RAGGateway
import SeededRandom
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

  @Test func decodesWhatAMarkOrADeclarationNames() throws {
    #expect(try DecodedText([0xef, 0xbb, 0xbf, 0x61]).text == "a")
    #expect(try DecodedText([0xff, 0xfe, 0x41, 0x04, 0x21, 0]).text == "\u{441}!")
    #expect(try DecodedText([0xfe, 0xff, 0x04, 0x41, 0, 0x21]).text == "\u{441}!")
    // "Moscow" in Cyrillic, in Windows-1251.
    let page: [UInt8] =
      Array("<html><head><meta charset=windows-1251></head><p>".utf8)
      + [0xcc, 0xee, 0xf1, 0xea, 0xe2, 0xe0]
    let declared = try DecodedText(page)
    #expect(declared.text.hasSuffix("\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}"))
    #expect(declared.certainty == .declared)
    let latin: [UInt8] =
      Array("coding: latin-1\nIt costs 5 ".utf8) + [0x80, 0x20, 0x93, 0x78, 0x94]
    #expect(try DecodedText(latin).text.hasSuffix("5 \u{20ac} \u{201c}x\u{201d}"))
  }

  @Test func guessesAreToldAndNoiseIsRefused() throws {
    let french = "Le caf\u{e9} est ferm\u{e9} dans la rue voisine."
      .unicodeScalars.map { UInt8($0.value) }
    let guessed = try DecodedText(french)
    #expect(guessed.text == "Le caf\u{e9} est ferm\u{e9} dans la rue voisine.")
    #expect(guessed.remark?.contains("which is a guess") == true)
    let wide: [UInt8] = "plain".utf8.flatMap { [$0, UInt8(0)] }
    #expect(try DecodedText(wide).text == "plain")
    #expect(throws: IngestError.notText) { try DecodedText([0x61, 0x00]) }
    var random = SeededGenerator(seed: 7)
    let noise = (0..<4_096).map { _ in UInt8.random(in: 1...255, using: &random) }
    #expect(throws: IngestError.self) { try DecodedText(noise) }
    // "This is a Japanese text. In which encoding is it?", in Shift-JIS.
    let japanese: [UInt8] = [
      0x82, 0xb1, 0x82, 0xea, 0x82, 0xcd, 0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea, 0x82, 0xcc, 0x95,
      0xb6, 0x8f, 0xcd, 0x82, 0xc5, 0x82, 0xb7, 0x81, 0x42, 0x95, 0xb6, 0x8e, 0x9a, 0x83, 0x52,
      0x81, 0x5b, 0x83, 0x68, 0x82, 0xcd, 0x89, 0xbd, 0x82, 0xc5, 0x82, 0xb5, 0x82, 0xe5, 0x82,
      0xa4, 0x82, 0xa9, 0x81, 0x48,
    ]
    // Read right with a remark, or refused: never stored as the letters of another language.
    if let read = try? DecodedText(japanese) {
      #expect(read.text == "これは日本語の文章です。文字コードは何でしょうか？")
      #expect(read.remark?.contains("which is a guess") == true)
    }
  }

  @Test func plainTextHasSections() {
    let faq = """
      My FAQ

      1.1: How do I start it?

      Type go and press enter.

      1.2: Where are the logs kept,
      and for how long?

      They are in the log folder. They stay a week.

      NETWORK
           All text below is indented by five columns. It is prose all the same.

           It goes on in a second paragraph, which is prose as well.
      """
    let document = DocumentReader.document(faq, name: "faq.txt")
    #expect(
      document.sections.map(\.heading) == [
        "1.1: How do I start it?", "1.2: Where are the logs kept, and for how long?", "NETWORK",
      ])
    let last = document.sections.last?.text ?? ""
    #expect(SentenceSplitter.sentences(of: last).map(\.kind) == [.prose, .prose, .prose])
    #expect(document.sections[0].text.hasPrefix("1.1: How do I start it?"))
  }

  @Test func readsTablesJSONNotebooksAndMail() throws {
    let table = DocumentReader.document(
      "name;price\n\"Big; red\";7\nsmall;3\n", name: "t.csv")
    #expect(table.sections.map(\.text) == ["name: Big; red; price: 7.\n\nname: small; price: 3."])
    let json = DocumentReader.document(
      #"[{"title":"One","tags":["a","b"],"in":{"deep":true}},{"title":"Two"}]"#, name: "j.json")
    #expect(json.sections.map(\.heading) == ["One", "Two"])
    #expect(json.sections[0].text == "title: One\n\ntags: a, b.\n\nin deep: true.")
    let notebook = DocumentReader.document(
      ##"{"cells":[{"cell_type":"markdown","source":["# Top\n","Words."]},"##
        + #"{"cell_type":"code","source":"x = 1","outputs":[]}]}"#, name: "n.ipynb")
    #expect(notebook.title == "Top")
    #expect(notebook.sections.first?.text.contains("    x = 1") == true)
    let folder = try TemporaryFolder()
    try folder.write(
      "m.eml",
      """
      From: =?utf-8?q?J=C3=B6rg?= <j@example.org>
      Subject: Keys
      Content-Type: multipart/alternative; boundary="b"

      --b
      Content-Type: text/html

      <p>HTML</p>
      --b
      Content-Type: text/plain; charset=iso-8859-1
      Content-Transfer-Encoding: quoted-printable

      The caf=E9 has the=
       key.
      --b--
      """)
    let mail = try DocumentReader.read(SourceFile(path: folder.path + "/m.eml", name: "m.eml"))
    #expect(mail.document.title == "Keys")
    #expect(
      mail.document.sections.map(\.text) == [
        "From J\u{f6}rg <j@example.org>.\n\nThe caf\u{e9} has the key.\n"
      ])
  }

  @Test(arguments: [
    ("a.json", #"{"one":1}"#, false), ("a.jsonl", "{\"one\":1}\n\n{\"two\":2}\n", false),
    ("a.json", #"{"one":"#, true), ("a.jsonl", "{\"one\":1}\nbroken\n", true),
    ("a.ipynb", #"{"cells":[]}"#, false), ("a.ipynb", #"{"cells":3}"#, true),
  ])
  func whatIsReadAsTextIsSaid(_ name: String, text: String, isSaid: Bool) throws {
    let folder = try TemporaryFolder()
    try folder.write(name, text)
    let read = try DocumentReader.read(SourceFile(path: "\(folder.path)/\(name)", name: name))
    #expect((read.remark?.hasSuffix("read as text") == true) == isSaid)
  }
}
