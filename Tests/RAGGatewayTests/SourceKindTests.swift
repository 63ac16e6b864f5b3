import FoundationEssentials
import Glibc
import RAGGateway
import Testing

/// Kinds of sources as programs really write them.
@Suite struct SourceKindTests {
  private static func mail(_ bytes: [UInt8]) throws -> SourceDocument {
    let folder = try TemporaryFolder()
    try folder.write("m.eml", bytes: bytes)
    return try DocumentReader.read(
      SourceFile(path: folder.path + "/m.eml", name: "m.eml")
    ).document
  }

  private static func mail(_ text: String) throws -> SourceDocument {
    try mail(Array(text.utf8))
  }

  private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// "Moscow" in KOI8-R.
  private static let moscow: [UInt8] = [0xed, 0xcf, 0xd3, 0xcb, 0xd7, 0xc1]

  @Test func headersAndTextsOfMailsAreReadInTheirCharacterSets() throws {
    let half = Array("Größe".utf8)
    let document = try Self.mail(
      """
      Subject: =?koi8-r?B?\(Self.base64(Self.moscow))?=
       =?utf-8?B?\(Self.base64(Array(half[..<3])))?=
       =?UTF-8*de?B?\(Self.base64(Array(half[3...])))?= =?iso-8859-1?Q?J=FCrg?= and a=?b
      Content-Type: text/html; charset=koi8-r
      Content-Transfer-Encoding: base64

      \(Self.base64(Array("<p>".utf8) + Self.moscow + Array("</p>".utf8)))
      """)
    #expect(document.title == "МоскваGrößeJürg and a=?b")
    #expect(document.sections.map(\.text) == ["Москва\n\n"])
  }

  @Test func mailsThatSwitchAlphabetsAreRead() throws {
    // "Meeting" in ISO-2022-JP.
    let meeting: [UInt8] = [0x1b] + Array("$B2q5D".utf8) + [0x1b] + Array("(B".utf8)
    let head = "Subject: x\nContent-Type: text/plain; charset=ISO-2022-JP\n\n"
    #expect(try Self.mail(Array(head.utf8) + meeting).sections.map(\.text) == ["会議"])
    // Such a text says by itself what it is.
    let page = try DecodedText(Array("<p>".utf8) + meeting)
    #expect(page.text == "<p>会議")
    #expect(page.remark == nil)
    // What terminals are told is no such switch.
    let coloured: [UInt8] = [0x1b] + Array("[1mred".utf8) + [0x1b] + Array("(B text".utf8)
    #expect(try DecodedText(coloured).encoding == "UTF-8")
  }

  @Test func boundariesWithACommonBeginningAreToldApart() throws {
    let document = try Self.mail(
      """
      Subject: list
      Content-Type: multipart/mixed; boundary="=_x"

      --=_x
      Content-Type: multipart/alternative; boundary="=_x_inner"

      --=_x_inner
      Content-Type: text/html

      <p>The meeting is on Tuesday.</p>
      --=_x_inner--
      --=_x
      Content-Type: text/plain

      To leave the list, write to it. --=_x is no boundary here.
      --=_x
      Content-Type: text/plain
      Content-Disposition: attachment; filename=a.txt

      Attached.
      --=_x
      Content-Type: message/rfc822

      Subject: inner

      The text within.
      --=_x--
      Epilogue.
      """)
    #expect(
      document.sections.map(\.text) == [
        "The meeting is on Tuesday.\n\n",
        "To leave the list, write to it. --=_x is no boundary here.\n", "The text within.\n",
      ])
    #expect(document.sections.map(\.heading) == ["", "", "inner"])
  }

  @Test func rowsOfTablesNameTheirColumns() {
    let page = """
      <table><caption>Fruit</caption><thead><tr><th>Name</th><th>Price</th></tr></thead>
      <tr><td>Apple</td><td><p>3 EUR.</p></td></tr><tr><td>Pear</td><td></td></tr></table>
      <table><tr><td>Size</td><td>12 cm</td></tr><tr><td>a</td><td>b</td><td>c</td></tr></table>
      <table><tr><td><h2>Menu</h2><p>Words of the page.</p></td><td>More</td></tr></table>
      <table><tr><td>\(String(repeating: "word ", count: 50))</td><td>end</td></tr></table>
      <p>After.</p>
      """
    let document = DocumentReader.document(page, name: "t.html")
    let long = String(repeating: "word ", count: 50).dropLast()
    #expect(
      document.sections.map(\.text) == [
        "Fruit\n\nName: Apple; Price: 3 EUR.\n\nPear\n\nSize: 12 cm.\n\na; b; c.\n\n",
        "Words of the page.\n\nMore\n\n\(long)\n\nend\n\nAfter.\n\n",
      ])
    let markdown = """
      # T
      | Name | Price |
      |:-----|------:|
      | Apple | 3 \\| 4 |
      | Pear |  |

      a | b
      not a rule
      ````
      ```
      | x | y |
      |---|---|
      ````
      """
    #expect(
      DocumentReader.document(markdown, name: "t.md").sections.map(\.text) == [
        "\nName: Apple; Price: 3 | 4.\n\nName: Pear.\n\n\na | b\nnot a rule\n\n"
          + "    ```\n    | x | y |\n    |---|---|\n\n"
      ])
  }

  @Test func tablesOfSpreadsheetProgramsAreRead() {
    func texts(_ text: String) -> [String] {
      DocumentReader.document(text, name: "t.csv").sections.map(\.text)
    }
    #expect(texts("sep=;\r\nName;Price\r\nApple;3\r\n") == ["Name: Apple; Price: 3."])
    // A quote that is never closed swallows nothing.
    #expect(
      texts("name,length\nPipe,\"5\nRod,7\n") == [
        "name: Pipe; length: \"5.\n\nname: Rod; length: 7."
      ])
  }

  @Test func olderNotebooksAreRead() {
    let notebook = DocumentReader.document(
      #"{"worksheets":[{"cells":[{"cell_type":"heading","level":1,"source":["Top"]},"#
        + #"{"cell_type":"markdown","source":"Words."},"#
        + ##"{"cell_type":"code","input":["x = 1\n","```\n","# y"]}]}]}"##, name: "n.ipynb")
    #expect(notebook.title == "Top")
    #expect(
      notebook.sections.map(\.text) == ["\nWords.\n\n\n    x = 1\n    ```\n    # y\n\n\n\n"])
  }

  @Test func pagesOfAllSectionsOfTheManualAreKnown() {
    for name in ["a.3pm.gz", "a.1ssl", "a.9", "a.3p", "a.5.gz"] {
      #expect(DocumentKind(name: name) == .manual, "\(name)")
    }
    for name in ["a.7z", "a.3gp", "a.0", "1", "a.mp3"] {
      #expect(DocumentKind(name: name) == nil, "\(name)")
    }
  }

  @Test func damagedTextIsReadAsWhatMostOfItIs() throws {
    let cut = try DecodedText(
      Array("Äpfel, Öl und Übung machen den Meister, sagt man seit alter Zeit m".utf8) + [0xc3])
    #expect(cut.text.hasPrefix("Äpfel, Öl und Übung") && cut.text.hasSuffix(" m\u{fffd}"))
    #expect(cut.remark == "read as UTF-8, some of whose bytes are not")
    // A page that says UTF-8 and is not.
    let page = Array("<meta charset=utf-8>Le caf".utf8) + [0xe9] + Array(" est ferm".utf8) + [0xe9]
    let read = try DecodedText(page + Array(" dans la rue voisine.".utf8))
    #expect(read.text.contains("Le café est fermé"))
    // UTF-16 without a mark, in another alphabet than the Latin.
    let wide = "Москва стоит на реке".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(try DecodedText(wide).text == "Москва стоит на реке")
  }

  @Test(.timeLimit(.minutes(1))) func aPipeIsNoSource() throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo(folder.path + "/a.txt", 0o600) == 0)
    #expect(throws: IngestError.unreadable("not a file of its own")) {
      try DocumentReader.read(SourceFile(path: folder.path + "/a.txt", name: "a.txt"))
    }
  }

  @Test func namesOfFilesAreReadHoweverTheyAreWritten() throws {
    for (parameter, name) in [
      ("filename=a.txt", "a.txt"), ("Filename=\"a b.txt\"", "a b.txt"),
      ("filename=\"a\\\"b; c.txt\"", "a\"b; c.txt"),
      ("filename=\"x.txt\"; filename*=UTF-8''%C3%BC%20y.txt", "ü y.txt"),
      ("filename*=iso-8859-1'de'%FC.txt", "ü.txt"),
    ] {
      let form =
        "--xx\r\nContent-Disposition: form-data; name=\"f\"; \(parameter)\r\n\r\ntext\r\n--xx--"
      #expect(try FileBody.split(Array(form.utf8), boundary: "xx").files.map(\.name) == [name])
    }
  }
}
