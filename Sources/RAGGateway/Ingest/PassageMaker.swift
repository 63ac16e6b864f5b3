import FastJSON

/// Makes the chunks of a document, each under a name that stays the same as long as its place
/// does.
package enum PassageMaker {
  /// The chunks of `document`, which is stored as `name`.
  ///
  /// A chunk's id is the name, the section and the number of the passage in it; sections of one
  /// heading are counted. Metadata: `chunk_id`, `title`, `source`, `section`.
  package static func chunks(
    of document: SourceDocument, name: String, splitter: PassageSplitter = .init()
  ) -> [Chunk] {
    var chunks: [Chunk] = []
    var seen: [String: Int] = [:]
    for section in document.sections {
      let slug = slug(section.heading)
      let count = (seen[slug] ?? 0) + 1
      seen[slug] = count
      let place = count == 1 ? slug : "\(slug)-\(count)"
      let heading = section.heading == document.title ? "" : section.heading
      let title = heading.isEmpty ? document.title : "\(document.title): \(heading)"
      for (index, passage) in splitter.passages(of: section.text).enumerated() {
        let metadata = JSONObjectValue([
          ("chunk_id", .string("\(name)#\(place).\(index)")), ("title", .string(title)),
          ("source", .string(name)), ("section", .string(section.heading)),
        ])
        chunks.append(Chunk(pageContent: passage, metadata: metadata))
      }
    }
    return chunks
  }

  /// A heading in lower case, words joined by hyphens; `text` when nothing remains.
  private static func slug(_ heading: String) -> String {
    let words = heading.lowercased().split { !$0.isLetter && !$0.isNumber }
    let slug = words.joined(separator: "-").prefix(80)
    return slug.isEmpty ? "text" : String(slug)
  }
}
