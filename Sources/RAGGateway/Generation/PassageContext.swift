/// The passages of a question as a language model sees them.
///
/// A passage is data that anybody may have written: what it says can't end the frame that it stands
/// in, nor begin another one.
package enum PassageContext {
  /// The passages numbered from 1, as many as fit into `limit` characters. The first is always
  /// there, cut off if it must be.
  package static func text(of chunks: [RetrievedChunk], limit: Int) -> String {
    var text = ""
    var left = limit
    for (position, chunk) in chunks.enumerated() {
      // A title of one line can't pass for the passage behind it.
      let title = harmless(chunk.title.collapsed)
      let head = "[\(position + 1)]" + (title.isEmpty ? "" : " \(title)")
      let passage = "\(head)\n\(harmless(chunk.text.trimmed))\n"
      if passage.count > left {
        if position == 0 { text = String(passage.prefix(limit)) }
        break
      }
      text += position == 0 ? passage : "\n" + passage
      left -= passage.count + 1
    }
    return text
  }

  /// A text without tags that end or begin a frame of passages, and without lines that look like
  /// the head of one: `<passages>` becomes `‹passages>`, and `[2]` at a line's beginning `(2)`.
  private static func harmless(_ text: String) -> String {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { withoutHead(withoutTags($0)) }
      .joined(separator: "\n")
  }

  private static func withoutTags(_ line: Substring) -> String {
    var kept = ""
    var rest = line
    while let open = rest.firstIndex(of: "<") {
      kept += rest[..<open]
      let after = rest[rest.index(after: open)...]
      let name = after.drop { $0 == "/" || $0.isWhitespace }.prefix(8).lowercased()
      kept += name.hasPrefix("passage") || name.hasPrefix("question") ? "‹" : "<"
      rest = after
    }
    return kept + rest
  }

  private static func withoutHead(_ line: String) -> String {
    let text = line.drop { $0.isWhitespace }
    guard text.first == "[", let close = text.firstIndex(of: "]") else { return line }
    let inside = text[text.index(after: text.startIndex)..<close]
    guard !inside.isEmpty, inside.allSatisfy(\.isNumber) else { return line }
    return "(\(inside))" + text[text.index(after: close)...]
  }
}
