/// A file's text, divided by its headings.
package struct SourceDocument: Sendable, Equatable {
  /// A heading with the text up to the next one.
  package struct Section: Sendable, Equatable {
    /// Empty for text before the first heading.
    package var heading: String
    /// Plain text; paragraphs apart by an empty line, code indented by four spaces.
    package var text: String

    package init(heading: String, text: String) {
      self.heading = heading
      self.text = text
    }
  }

  package var title: String
  package var sections: [Section]

  package init(title: String, sections: [Section]) {
    self.title = title
    self.sections = sections
  }
}
