import CHTMLDocument

/// Divides an HTML page at its headings. The parser is libxml2's, which reads any page; scripts,
/// styles and navigation are left out.
struct HTMLReader {
  private static let dropped: Set<String> = [
    "script", "style", "noscript", "template", "nav", "iframe", "object", "svg", "form", "button",
  ]
  private static let blocks: Set<String> = [
    "address", "article", "aside", "blockquote", "body", "dd", "div", "dl", "dt", "figcaption",
    "figure", "footer", "header", "hr", "li", "main", "ol", "p", "section", "table", "td", "th",
    "tr", "ul", "br",
  ]
  private static let headings: Set<String> = ["h1", "h2", "h3", "h4", "h5", "h6"]

  private var sections = [SourceDocument.Section(heading: "", text: "")]
  private var title: String?
  private var firstHeading: String?
  /// Text of the block, the heading, the title or the code that is being read.
  private var block = ""
  private var isInsideCode = false

  static func read(_ html: String, fallbackTitle: String) -> SourceDocument {
    var reader = HTMLReader()
    reader.visit(html)
    reader.closeBlock()
    let title = [reader.title, reader.firstHeading].compactMap { $0 }.first { !$0.isEmpty }
    return SourceDocument(
      title: title ?? fallbackTitle,
      sections: reader.sections.filter { !$0.text.trimmed.isEmpty })
  }

  private mutating func visit(_ html: String) {
    var html = html
    withUnsafeMutablePointer(to: &self) { reader in
      var visitor = quiver_html_visitor(
        context: UnsafeMutableRawPointer(reader),
        enter: { context, name in
          guard let context, let name else { return 0 }
          let reader = context.assumingMemoryBound(to: HTMLReader.self)
          return reader.pointee.enter(String(cString: name)) ? 1 : 0
        },
        leave: { context, name in
          guard let context, let name else { return }
          context.assumingMemoryBound(to: HTMLReader.self).pointee.leave(String(cString: name))
        },
        text: { context, text in
          guard let context, let text else { return }
          context.assumingMemoryBound(to: HTMLReader.self).pointee.block += String(cString: text)
        })
      html.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) { page in
          // A page that can't be parsed at all has no text, which is what remains then.
          _ = quiver_html_visit(page.baseAddress, page.count, &visitor)
        }
      }
    }
  }

  /// An element begins; `false` leaves it out.
  private mutating func enter(_ name: String) -> Bool {
    if Self.dropped.contains(name) { return false }
    if isInsideCode { return true }
    switch name {
    case "title", "pre":
      closeBlock()
      isInsideCode = name == "pre"
    case "li":
      closeBlock()
      block = "- "
    default:
      if Self.headings.contains(name) || Self.blocks.contains(name) { closeBlock() }
    }
    return true
  }

  private mutating func leave(_ name: String) {
    if isInsideCode {
      if name == "br" { block += "\n" }
      if name == "pre" { closeCode() }
    } else if name == "title" {
      if title == nil { title = block.collapsed }
      block = ""
    } else if Self.headings.contains(name) {
      let heading = block.collapsed
      block = ""
      if heading.isEmpty { return }
      if firstHeading == nil { firstHeading = heading }
      sections.append(SourceDocument.Section(heading: heading, text: ""))
    } else if Self.blocks.contains(name) {
      closeBlock()
    }
  }

  private mutating func closeCode() {
    isInsideCode = false
    let lines = block.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    block = ""
    append(lines.map { $0.trimmed.isEmpty ? "" : "    " + $0 }.joined(separator: "\n"))
  }

  private mutating func closeBlock() {
    let text = block.collapsed
    block = ""
    if !text.isEmpty, text != "-" { append(text) }
  }

  private mutating func append(_ paragraph: String) {
    sections[sections.count - 1].text += paragraph + "\n\n"
  }
}
