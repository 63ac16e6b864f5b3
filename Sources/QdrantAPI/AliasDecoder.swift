import FastJSON
import PointModel

/// Reads the bodies that change aliases.
enum AliasDecoder {
  static func operations(_ body: FieldReader) throws(DecodingFault) -> [AliasOperation] {
    try body.required("actions") { field throws(DecodingFault) in
      try field.map { entry throws(DecodingFault) in try operation(entry) }
    }
  }

  private static func operation(_ entry: FieldReader) throws(DecodingFault) -> AliasOperation {
    var operation: AliasOperation?
    try entry.forEachField { name, body throws(DecodingFault) in
      switch name {
      case "create_alias":
        operation = .create(
          Alias(
            name: try newName("alias_name", of: body),
            collection: try Self.name("collection_name", of: body)))
      case "delete_alias": operation = .delete(try Self.name("alias_name", of: body))
      case "rename_alias":
        operation = .rename(
          from: try Self.name("old_alias_name", of: body),
          to: try newName("new_alias_name", of: body))
      default: break
      }
    }
    guard let operation, entry.element.object?.count == 1 else {
      throw .format("data did not match any variant of untagged enum AliasOperations")
    }
    return operation
  }

  private static func name(_ key: String, of body: FieldReader) throws(DecodingFault) -> String {
    try body.required(key) { field throws(DecodingFault) in try field.string() }
  }

  /// A name to be given, which obeys the rules for names of collections.
  private static func newName(
    _ key: String, of body: FieldReader
  ) throws(DecodingFault) -> String {
    try body.required(key) { field throws(DecodingFault) in
      let name = try field.string()
      if let reason = CollectionName.fault(in: name, isNew: true) { throw .validation(reason) }
      return name
    }
  }
}
