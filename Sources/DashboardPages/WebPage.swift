/// One file of a web site.
package struct WebPage: Sendable {
  /// Where the content is.
  package enum Content: Sendable {
    case bytes([UInt8])
    /// Read piece by piece, which blocks.
    case file(PageFile)
  }

  /// What kind of file it is, as `Content-Type` has it.
  package let type: String
  /// Changes with the content, as `ETag` has it. Weak: a page may be sent packed in several ways.
  package let tag: String
  /// When it was changed, as `Last-Modified` has it; `nil` for a part of the program.
  package let modified: String?
  /// The content.
  package let content: Content

  /// The content's length in bytes.
  package var size: Int {
    switch content {
    case .bytes(let bytes): bytes.count
    case .file(let file): file.size
    }
  }

  /// The kind of a file, by the end of its name.
  package static func type(of name: String) -> String {
    let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    return types[ending] ?? "application/octet-stream"
  }

  private static let types = [
    "css": "text/css; charset=utf-8", "csv": "text/csv; charset=utf-8", "gif": "image/gif",
    "htm": "text/html; charset=utf-8", "html": "text/html; charset=utf-8",
    "ico": "image/x-icon", "jpeg": "image/jpeg", "jpg": "image/jpeg",
    "js": "text/javascript; charset=utf-8", "json": "application/json",
    "map": "application/json", "md": "text/markdown; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8", "otf": "font/otf", "pdf": "application/pdf",
    "png": "image/png", "svg": "image/svg+xml", "ttf": "font/ttf",
    "txt": "text/plain; charset=utf-8", "wasm": "application/wasm",
    "webmanifest": "application/manifest+json", "webp": "image/webp", "woff": "font/woff",
    "woff2": "font/woff2", "xml": "text/xml; charset=utf-8",
  ]
}

/// Where the pages of a web site come from.
package protocol PageSource: Sendable {
  /// Fields that tell browsers what these pages may do.
  var protection: [(name: String, value: String)] { get }
  /// Whether links in the first page need an address that ends with a slash.
  var needsSlash: Bool { get }

  /// The page of a name such as `assets/app.js`; `nil` when there is none. Blocks, if briefly.
  func page(_ name: String) -> WebPage?
}
