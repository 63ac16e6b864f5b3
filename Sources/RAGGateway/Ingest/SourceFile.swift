import FoundationEssentials
import Glibc

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

  /// What was found at some paths.
  package struct Findings: Sendable {
    /// The files that are read.
    package var files: [SourceFile] = []
    /// What could not be read, with the reason.
    package var failures: [(path: String, error: IngestError)] = []
    /// How many files of other kinds there are, by their ending.
    package var skipped: [String: Int] = [:]
    /// Links to files that are there under their own names.
    package var links = 0
  }

  /// The files at `paths`: files themselves, and all files of a known kind in folders, sorted;
  /// hidden ones and links to folders are left out, and of several names of one file in a folder
  /// all but the first that is no link. With them what could not be read.
  package static func find(at paths: [String]) -> Findings {
    var found = Findings()
    for path in paths {
      var isFolder = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        found.failures.append((path, .unreadable("no such file or folder")))
        continue
      }
      if isFolder {
        walk(path, into: &found)
      } else if DocumentKind(name: path) != nil {
        found.files.append(SourceFile(path: path, name: lastComponent(of: path)))
      } else {
        found.failures.append((path, .unknownKind(ending: fileExtension(of: path))))
      }
    }
    return found
  }

  private static func walk(_ root: String, into found: inout Findings) {
    var root = root
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    let base = lastComponent(of: root)
    // "." and ".." say nothing about the folder.
    let prefix = base == "." || base == ".." || base == "/" ? "" : base + "/"
    var folders = [(path: root, name: prefix)]
    var links: [SourceFile] = []
    var files: [SourceFile] = []
    while let folder = folders.popLast() {
      let entries: [String]
      do {
        entries = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      } catch {
        found.failures.append((folder.path, .unreadable("the folder can't be read")))
        continue
      }
      var inner: [(path: String, name: String)] = []
      for entry in entries.sorted() where !entry.hasPrefix(".") {
        let file = SourceFile(path: folder.path + "/" + entry, name: folder.name + entry)
        let kind = try? FileManager.default.attributesOfItem(atPath: file.path)[.type]
        let type = kind as? FileAttributeType
        if type == .typeDirectory {
          inner.append((file.path, file.name + "/"))
        } else if DocumentKind(name: entry) != nil {
          if type == .typeSymbolicLink { links.append(file) } else { files.append(file) }
        } else {
          skip(file, in: &found)
        }
      }
      folders += inner.reversed()
    }
    keep(links, beside: files, in: &found)
  }

  private static func skip(_ file: SourceFile, in found: inout Findings) {
    let ending = fileExtension(of: file.path)
    if DocumentKind.unread.contains(ending) {
      found.failures.append((file.path, .unknownKind(ending: ending)))
    } else {
      found.skipped[ending, default: 0] += 1
    }
  }

  /// Links count where they lead to a file that is not there otherwise, and to one only once.
  private static func keep(
    _ links: [SourceFile], beside files: [SourceFile], in found: inout Findings
  ) {
    found.files += files
    guard !links.isEmpty else { return }
    var targets = Set(found.files.map { target(of: $0.path) })
    for link in links {
      if targets.insert(target(of: link.path)).inserted {
        found.files.append(link)
      } else {
        found.links += 1
      }
    }
  }

  /// The path of what is really there.
  private static func target(of path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
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
