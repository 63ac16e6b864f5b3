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
    /// Links that lead out of the folder that was named.
    package var outside = 0
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
    keep(links, of: root, beside: files, in: &found)
  }

  private static func skip(_ file: SourceFile, in found: inout Findings) {
    let ending = fileExtension(of: file.path)
    if DocumentKind.unread.contains(ending) {
      found.failures.append((file.path, .unknownKind(ending: ending)))
    } else {
      found.skipped[ending, default: 0] += 1
    }
  }

  /// Links count where they lead to a file of the folder that is not there otherwise, and to one
  /// only once. Those that lead out of it would let whoever wrote them choose any file here.
  private static func keep(
    _ links: [SourceFile], of root: String, beside files: [SourceFile], in found: inout Findings
  ) {
    found.files += files
    guard !links.isEmpty else { return }
    var targets = Set(found.files.map { target(of: $0.path) })
    let own = target(of: root)
    let inside = own.hasSuffix("/") ? own : own + "/"
    for link in links {
      // One that leads nowhere is told of when it is read.
      let target = target(of: link.path)
      if target != link.path, !target.hasPrefix(inside) {
        found.outside += 1
      } else if targets.insert(target).inserted {
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

/// What a file is, told by its name.
package enum DocumentKind: String, Sendable, CaseIterable {
  case plain, markdown, html, table, json, notebook, email
  /// Pages that a program of its own turns into text.
  case pdf, manual
  /// Word processors' files, books and markup that `pandoc` knows.
  case docx, odt, epub, rtf, rst, org, latex

  /// The endings of files of this kind, in lower case.
  package var extensions: [String] {
    switch self {
    case .plain: ["txt", "text", "adoc", "asciidoc"]
    case .markdown: ["md", "markdown"]
    case .html: ["html", "htm", "xhtml"]
    case .table: ["csv", "tsv"]
    case .json: ["json", "jsonl", "ndjson"]
    case .notebook: ["ipynb"]
    case .email: ["eml"]
    case .manual: Self.manualSections.flatMap { [$0, "\($0).gz"] }
    case .latex: ["tex"]
    default: [rawValue]
    }
  }

  /// The sections of manuals, and those that languages and libraries have within one.
  private static let manualSections: [String] = (1...9).flatMap { section in
    [
      "", "am", "const", "curses", "form", "gv", "head", "m", "menu", "ncurses", "p", "perl", "pm",
      "posix", "readline", "ssl", "t", "tcl", "tk", "type", "x",
    ].map { "\(section)\($0)" }
  }

  /// The kind of the file called `name`; `nil` when it is none that is read.
  package init?(name: String) {
    let file = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let found = Self.allCases.first { kind in
      kind.extensions.contains { file.hasSuffix(".\($0)") && file.count > $0.count + 1 }
    }
    guard let found else { return nil }
    self = found
  }

  /// Endings of documents that people have and that nothing here reads.
  package static let unread: Set<String> = [
    "doc", "ppt", "pptx", "xls", "xlsx", "ods", "odp", "pages", "numbers", "key", "mobi", "azw3",
    "djvu", "ps", "msg", "mbox", "wpd", "pdb",
  ]

  /// What is read on this machine, with the programs that would let it read more.
  package static var readable: String {
    var missing: [String] = []
    let readable = allCases.filter { kind in
      guard let converter = Converter(kind), !converter.isInstalled else { return true }
      let names = kind == .manual ? "manual pages" : kind.extensions.joined(separator: ", ")
      missing.append("\(names) with \(converter.program) (Debian package \(converter.package))")
      return false
    }
    let names = readable.filter { $0 != .manual }.flatMap(\.extensions).sorted()
      .joined(separator: ", ")
    let manuals = readable.contains(.manual) ? " and manual pages" : ""
    return names + manuals
      + (missing.isEmpty ? "" : "; would be read " + missing.joined(separator: "; "))
  }

  /// The ending of `name` by which its kind is told, as in `.1.gz`; empty when there is none.
  package static func ending(of name: String) -> String {
    let file = name.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let endings = allCases.flatMap(\.extensions).filter { file.hasSuffix(".\($0)") }
    return endings.max { $0.count < $1.count }.map { ".\($0)" } ?? ""
  }

  /// All endings that are read, sorted, without those of manual pages.
  package static var allExtensions: [String] {
    allCases.filter { $0 != .manual }.flatMap(\.extensions).sorted()
  }
}
