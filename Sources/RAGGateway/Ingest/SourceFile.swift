import FoundationEssentials

/// A file to bring in.
package struct SourceFile: Sendable, Hashable {
  /// Where it lies.
  package let path: String
  /// What it is called in the store: its path from the folder that was named, that folder
  /// included, so that it stays the same wherever the folder lies.
  package let name: String

  /// A file and the name that its chunks go by.
  package init(path: String, name: String) {
    self.path = path
    self.name = name
  }

  /// Endings of the files that are read.
  package static let extensions: Set<String> = ["txt", "md", "markdown", "html", "htm"]

  /// The files at `paths`: files themselves, and all files with a known ending in folders, sorted;
  /// hidden ones and links to folders are left out. With them what could not be read.
  package static func find(
    at paths: [String]
  ) -> (files: [SourceFile], failures: [(path: String, error: IngestError)]) {
    var files: [SourceFile] = []
    var failures: [(path: String, error: IngestError)] = []
    for path in paths {
      var isFolder = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        failures.append((path, .unreadable("no such file or folder")))
        continue
      }
      if isFolder {
        walk(path, into: &files, failures: &failures)
      } else if extensions.contains(fileExtension(of: path)) {
        files.append(SourceFile(path: path, name: lastComponent(of: path)))
      } else {
        let known = extensions.sorted().joined(separator: ", ")
        failures.append((path, .unreadable("not a kind of file that is read (\(known))")))
      }
    }
    return (files, failures)
  }

  private static func walk(
    _ root: String, into files: inout [SourceFile],
    failures: inout [(path: String, error: IngestError)]
  ) {
    var root = root
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    let base = lastComponent(of: root)
    // "." and ".." say nothing about the folder.
    let prefix = base == "." || base == ".." || base == "/" ? "" : base + "/"
    var folders = [(path: root, name: prefix)]
    while let folder = folders.popLast() {
      let entries: [String]
      do {
        entries = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      } catch {
        failures.append((folder.path, .unreadable("the folder can't be read")))
        continue
      }
      var inner: [(path: String, name: String)] = []
      for entry in entries.sorted() where !entry.hasPrefix(".") {
        let path = folder.path + "/" + entry
        let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type]
        if kind as? FileAttributeType == .typeDirectory {
          inner.append((path, folder.name + entry + "/"))
        } else if extensions.contains(fileExtension(of: entry)) {
          files.append(SourceFile(path: path, name: folder.name + entry))
        }
      }
      folders += inner.reversed()
    }
  }

  private static func lastComponent(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The ending of a file's name in lower case; empty where there is none.
  package static func fileExtension(of path: String) -> String {
    let name = lastComponent(of: path)
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }
}
