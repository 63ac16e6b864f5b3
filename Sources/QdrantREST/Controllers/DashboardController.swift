import DashboardPages
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TransportBase

/// What people see in a browser: the pages below `/dashboard`, which need no key.
///
/// They hold nothing of the server's; what they show they ask for over the API, with the key that
/// the person at the browser has.
struct DashboardController: Sendable {
  /// The parameter of the route that is the rest of the path.
  static let path = "path"
  private static let index = "index.html"
  /// What is read of a file at once.
  private static let pieceBytes = 256 << 10

  let pages: any PageSource

  /// The pages that the settings ask for; `nil` for none.
  init?(_ settings: ServerSettings, _ logger: Logger) {
    guard settings.enableStaticContent else { return nil }
    let folder = settings.staticContentFolder
    if let pages = folder.flatMap(PageFolder.init) {
      self.pages = pages
      return
    }
    pages = EmbeddedPages()
    if let folder {
      logger.warning(
        "there is no such folder of pages: the built-in dashboard is shown",
        metadata: ["static_content_dir": "\(folder)"])
    }
  }

  /// The first page. Its links are relative: where they must begin below `dashboard/`, a browser
  /// that asks without the slash is sent there, with no word of what a proxy put before it.
  @Sendable func first(_ request: Request, _ context: RESTContext) async throws -> Response {
    if pages.needsSlash, !request.uri.path.hasSuffix("/") {
      return Response(status: .temporaryRedirect, headers: [.location: "dashboard/"])
    }
    return try await answer(request, Self.index)
  }

  /// The page of a path.
  @Sendable func page(_ request: Request, _ context: RESTContext) async throws -> Response {
    guard let name = Self.name(context.rest) else { return RESTResponse.notFound() }
    return try await answer(request, name)
  }

  /// The name of a file that a path stands for; `nil` for one that leads out of the folder or to
  /// what is hidden in it. Escapes are undone first, once, segment by segment.
  private static func name(_ path: String) -> String? {
    var segments: [String] = []
    for segment in path.split(separator: "/") {
      guard let text = PercentDecoding.decode(String(segment)), !text.hasPrefix("."),
        !text.utf8.contains(where: { $0 < 32 || $0 == 127 || $0 == 47 || $0 == 92 })
      else { return nil }
      segments.append(text)
    }
    return segments.joined(separator: "/")
  }

  private func answer(_ request: Request, _ name: String) async throws -> Response {
    let found = try await BlockingWork.run { [pages] in pages.page(name) }
    guard let page = found else { return RESTResponse.notFound() }
    var response =
      Self.isKnown(page, to: request) ? Response(status: .notModified) : Self.whole(page)
    response.headers[.eTag] = page.tag
    response.headers[.lastModified] = page.modified
    // Asked for anew each time, and sent only when it changed.
    response.headers[.cacheControl] = "no-cache"
    for (name, value) in pages.protection {
      if let name = HTTPField.Name(name) { response.headers[name] = value }
    }
    return response
  }

  /// Whether the browser has the page already.
  private static func isKnown(_ page: WebPage, to request: Request) -> Bool {
    if let tags = request.headers[.ifNoneMatch] {
      return tags.split(separator: ",").contains { tag in
        let tag = tag.drop { $0 == " " }
        return tag == "*" || tag.hasPrefix(page.tag)
      }
    }
    guard let modified = page.modified else { return false }
    return request.headers[.ifModifiedSince] == modified
  }

  private static func whole(_ page: WebPage) -> Response {
    let body: ResponseBody
    switch page.content {
    case .bytes(let bytes): body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
    case .file(let file): body = Self.body(of: file)
    }
    return Response(status: .ok, headers: [.contentType: page.type], body: body)
  }

  /// The content of a file, read while it is sent.
  private static func body(of file: PageFile) -> ResponseBody {
    ResponseBody(contentLength: file.size) { writer in
      var sent = 0
      while sent < file.size {
        let offset = sent
        let piece = try await BlockingWork.run { try file.read(at: offset, pieceBytes) }
        sent += piece.count
        try await writer.write(ByteBuffer(bytes: piece))
      }
      try await writer.finish(nil)
    }
  }
}
