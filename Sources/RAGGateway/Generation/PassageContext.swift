/// The passages of a question as a language model sees them.
enum PassageContext {
  /// The passages numbered from 1, as many as fit into `limit` characters. The first is always
  /// there, cut off if it must be.
  static func text(of chunks: [RetrievedChunk], limit: Int) -> String {
    var text = ""
    var left = limit
    for (position, chunk) in chunks.enumerated() {
      let title = chunk.title.isEmpty ? "" : " \(chunk.title)"
      let passage = "[\(position + 1)]\(title)\n\(chunk.text.trimmed)\n"
      if passage.count > left {
        if position == 0 { text = String(passage.prefix(limit)) }
        break
      }
      text += position == 0 ? passage : "\n" + passage
      left -= passage.count + 1
    }
    return text
  }
}
