/// The rules for names of collections and aliases.
public enum CollectionName {
  private static let forbidden: [Character] = ["/", "\0"]
  private static let forbiddenInNew: [Character] = [
    "<", ">", ":", "\"", "/", "\\", "|", "?", "*", "\0", "\u{1F}",
  ]

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
    let characters = isNew ? forbiddenInNew : forbidden
    return characters.first { name.contains($0) }
      .map { "collection name cannot contain \"\($0)\" char" }
  }
}
