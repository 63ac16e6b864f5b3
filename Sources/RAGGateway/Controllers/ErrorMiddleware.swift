import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import OutageLogging
import ServiceProcess

/// Turns every error into a JSON response and logs those that are not the caller's.
///
/// A body that is too large is answered at once, and read on behind the answer: a client that
/// writes first and reads later would see its connection break otherwise.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
  let failures: OutageTopics
  let unexpected: OutageTopics
  /// What methods each path knows.
  let routes: RouteTable
  /// Bytes that are read on at most.
  let drainedBytes: Int

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path
    do {
      return try await next(request, context)
    } catch let error as GatewayError {
      if error.status >= 500 {
        failures.failed(
          of: "\(error.status) \(context.endpointPath ?? "")", error.message,
          ["request_id": "\(RequestID.current ?? "")", "path": "\(path)"])
      }
      return JSONResponse.make(error, at: path)
    } catch let unread as UnreadBody {
      return draining(request, behind: JSONResponse.make(unread.error, at: path))
    } catch let error as HTTPError {
      let methods = routes.methods(of: path)
      let isKnown = methods.isEmpty || methods.contains(request.method.rawValue)
      if error.status == .notFound, !isKnown {
        var response = JSONResponse.detail(
          "Method Not Allowed", status: .methodNotAllowed, at: path)
        response.headers[.allow] = methods.joined(separator: ", ")
        return response
      }
      let phrase = error.body ?? error.status.reasonPhrase
      return JSONResponse.detail(phrase, status: error.status, at: path)
    } catch {
      unexpected.failed(
        of: "\(type(of: error)) \(context.endpointPath ?? "")", "\(error)", level: .error,
        ["request_id": "\(RequestID.current ?? "")", "path": "\(path)"])
      return JSONResponse.detail(
        "Internal Server Error", status: .internalServerError, at: path)
    }
  }

  private func draining(_ request: Request, behind response: Response) -> Response {
    let limit = drainedBytes
    let answer = response.body
    let length = response.body.contentLength
    return Response(
      status: response.status, headers: response.headers,
      body: ResponseBody(contentLength: length) { writer in
        try await answer.write(Undrained(writer: writer))
        var read = 0
        for try await piece in request.body {
          read += piece.readableBytes
          if read > limit { break }
        }
        try await writer.finish(nil)
      })
  }

  /// Writes on without an end, which comes once the body is read.
  private struct Undrained: ResponseBodyWriter {
    var writer: any ResponseBodyWriter

    mutating func write(_ buffer: ByteBuffer) async throws {
      try await writer.write(buffer)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
  }
}

/// The methods that every path knows, so that a wrong one is told from a wrong path.
struct RouteTable: Sendable {
  private let entries: [(steps: [String], method: String)]

  /// The routes of a router.
  init<Context>(_ router: Router<Context>) {
    entries = router.routes.map { route in
      (Self.steps(route.path.description), route.method.rawValue)
    }
  }

  /// In alphabetical order; none for a path that no route has.
  func methods(of path: String) -> [String] {
    let steps = Self.steps(path)
    let found = entries.filter { entry in
      entry.steps.count == steps.count
        && zip(entry.steps, steps).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }
    return Set(found.map(\.method)).sorted()
  }

  private static func steps(_ path: String) -> [String] {
    path.split(separator: "/").map(String.init)
  }
}
