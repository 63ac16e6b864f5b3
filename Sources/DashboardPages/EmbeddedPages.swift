import CDashboardPages

/// The server's own dashboard, which is part of the program.
package struct EmbeddedPages: PageSource {
  /// Nothing but the program's own files runs, nothing but this server is asked, and no page of
  /// others may show these in a frame.
  package let protection = [
    (
      name: "content-security-policy",
      value: """
      default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
      connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
      frame-ancestors 'none'
      """
    ),
    (name: "x-content-type-options", value: "nosniff"), (name: "x-frame-options", value: "DENY"),
    (name: "referrer-policy", value: "no-referrer"),
    (name: "cross-origin-resource-policy", value: "same-origin"),
  ]
  /// Their links are relative.
  package let needsSlash = true
  private let pages: [String: WebPage]

  /// All pages, a few hundred KB.
  package init() {
    var pages: [String: WebPage] = [:]
    var count = 0
    let files = UnsafeBufferPointer(start: quiver_dashboard_pages(&count), count: count)
    for file in files {
      let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
      let name = String(cString: file.name)
      pages[name] = WebPage(
        type: WebPage.type(of: name), tag: Self.tag(of: bytes), modified: nil,
        content: .bytes(bytes))
    }
    self.pages = pages
  }

  /// The names of all pages.
  package var names: [String] { pages.keys.sorted() }

  /// The page of a name; `nil` when there is none.
  package func page(_ name: String) -> WebPage? { pages[name] }

  /// Says which content it is (FNV-1a, 64 bits).
  private static func tag(of bytes: [UInt8]) -> String {
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return "W/\"\(String(hash, radix: 16))\""
  }
}
