#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A web site in a folder, such as the one that Qdrant's server shows. What links in it lead to
/// outside of it is not part of it.
package struct PageFolder: PageSource {
  /// As Qdrant's server protects these pages; what they load is their own business.
  package let protection = [
    (name: "x-frame-options", value: "DENY"),
    (name: "content-security-policy", value: "frame-ancestors 'none'"),
    (name: "x-content-type-options", value: "nosniff"),
    (name: "referrer-policy", value: "no-referrer"),
  ]
  /// Qdrant's pages are served without.
  package let needsSlash = false
  /// Where it really is, with no links on the way.
  private let root: String

  /// `nil` when there is no such folder.
  package init?(_ path: String) {
    guard let root = Self.resolved(path), Self.isFolder(root) else { return nil }
    self.root = root
  }

  /// The page of a name; `nil` when there is none.
  package func page(_ name: String) -> WebPage? {
    guard var path = resolve(name) else { return nil }
    if Self.isFolder(path) {
      guard let index = resolve(name.isEmpty ? "index.html" : name + "/index.html") else {
        return nil
      }
      path = index
    }
    guard let file = PageFile(path) else { return nil }
    return WebPage(
      type: WebPage.type(of: path), tag: file.tag, modified: file.modified, content: .file(file))
  }

  /// Where a name leads to; `nil` when that is not in the folder.
  private func resolve(_ name: String) -> String? {
    guard let path = Self.resolved(root + "/" + name) else { return nil }
    return path == root || path.hasPrefix(root == "/" ? root : root + "/") ? path : nil
  }

  private static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(validatingCString: found)
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
