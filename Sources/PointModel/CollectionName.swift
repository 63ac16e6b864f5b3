/// The rules for names of collections and aliases.
public enum CollectionName {
  private static let forbidden = bytes(of: "/\0")
  private static let forbiddenInNew = bytes(of: "<>:\"/\\|?*\0\u{1F}")

  private static func bytes(of characters: String) -> [UInt8] { Array(characters.utf8) }

  /// What is wrong with a name, in the words of Qdrant; `nil` when nothing is.
  ///
  /// - Parameter isNew: a name to be given must obey more rules than one that may have been given
  ///   before there were such rules.
  public static func fault(in name: String, isNew: Bool) -> String? {
    guard (1...255).contains(name.utf8.count) else {
      return "value \"\(name)\" invalid, must be from 1 to 255 characters"
    }
    if isNew, name == "." || name == ".." {
      return "collection name cannot be \"\(name)\", which is no segment of a path"
    }
    let forbidden = isNew ? forbiddenInNew : forbidden
    guard name.utf8.contains(where: forbidden.contains),
      let found = forbidden.first(where: name.utf8.contains)
    else { return nil }
    return "collection name cannot contain \"\(Character(Unicode.Scalar(found)))\" char"
  }
}
