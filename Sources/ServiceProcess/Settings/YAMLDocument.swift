import CLibYAML

/// A parsed YAML text, read in place.
///
/// libyaml's structures point into themselves, so they have a place of their own.
package final class YAMLDocument {
  /// What is wrong with a text, and where.
  package struct Problem: Error {
    /// One sentence for people.
    package let text: String
  }

  private let document: UnsafeMutablePointer<yaml_document_t>

  /// Parses the first document of a text.
  package init(parsing text: String) throws(Problem) {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else { throw Problem(text: "out of memory") }
    defer { yaml_parser_delete(parser) }
    let document = UnsafeMutablePointer<yaml_document_t>.allocate(capacity: 1)
    let bytes = Array(text.utf8)
    let isRead = bytes.withUnsafeBufferPointer { buffer in
      withUnsafeBytes(of: UInt8(0)) { empty in
        let start = buffer.baseAddress ?? empty.bindMemory(to: UInt8.self).baseAddress
        yaml_parser_set_input_string(parser, start, buffer.count)
        return yaml_parser_load(parser, document) == 1
      }
    }
    if isRead {
      self.document = document
      return
    }
    // libyaml has freed what it had put there.
    document.deallocate()
    let reason = parser.pointee.problem.map { String(cString: $0) } ?? "it is not YAML"
    let mark = parser.pointee.problem_mark
    throw Problem(text: "\(reason) at line \(mark.line + 1) column \(mark.column + 1)")
  }

  deinit {
    yaml_document_delete(document)
    document.deallocate()
  }

  /// The topmost value; `nil` for an empty text.
  package var root: Value? {
    yaml_document_get_root_node(document).map { Value(owner: self, node: $0) }
  }

  /// A value in a document, which it keeps alive.
  package struct Value {
    fileprivate let owner: YAMLDocument
    fileprivate let node: UnsafeMutablePointer<yaml_node_t>

    /// The text of a scalar; `nil` for anything else.
    package var scalar: String? {
      guard node.pointee.type == YAML_SCALAR_NODE else { return nil }
      let bytes = UnsafeBufferPointer(
        start: quiver_yaml_text(node), count: quiver_yaml_length(node))
      return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether this says that there is no value.
    package var isNull: Bool {
      guard let scalar, quiver_yaml_is_plain(node) != 0 else { return false }
      return ["", "~", "null", "Null", "NULL"].contains(scalar)
    }

    /// The values in a list; `nil` for anything else.
    package var elements: [Value]? {
      guard node.pointee.type == YAML_SEQUENCE_NODE else { return nil }
      let items = UnsafeBufferPointer(
        start: quiver_yaml_items(node), count: quiver_yaml_item_count(node))
      return items.compactMap { item in
        yaml_document_get_node(owner.document, item).map { Value(owner: owner, node: $0) }
      }
    }

    /// The text of a member of a mapping; `nil` for anything else.
    package subscript(name: String) -> String? {
      members?.first { $0.key.scalar == name }?.value.scalar
    }

    /// The members of a mapping; `nil` for anything else.
    package var members: [(key: Value, value: Value)]? {
      guard node.pointee.type == YAML_MAPPING_NODE else { return nil }
      let pairs = UnsafeBufferPointer(
        start: quiver_yaml_pairs(node), count: quiver_yaml_pair_count(node))
      return pairs.compactMap { pair in
        guard let key = yaml_document_get_node(owner.document, pair.key),
          let value = yaml_document_get_node(owner.document, pair.value)
        else { return nil }
        return (Value(owner: owner, node: key), Value(owner: owner, node: value))
      }
    }
  }
}
