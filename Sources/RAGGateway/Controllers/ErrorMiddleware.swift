import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceProcess

/// Turns every error into a JSON response and logs those that are not the caller's.
///
/// A body that is too large is answered at once, and read on behind the answer: a client that
/// writes first and reads later would see its connection break otherwise.
struct ErrorMiddleware<Context: RequestContext>: RouterMiddleware {
  let logger: Logger
  /// Bytes that are read on at most.
  let drainedBytes: Int

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as GatewayError {
      if error.status >= 500 {
        logger.warning(
          "request failed",
          metadata: [
            "request_id": "\(RequestID.current ?? "")", "path": "\(request.uri.path)",
            "reason": "\(error.message)",
          ])
      }
      return JSONResponse.make(error)
    } catch let unread as UnreadBody {
      return draining(request, behind: JSONResponse.make(unread.error))
    } catch let error as HTTPError {
      let phrase = error.body ?? error.status.reasonPhrase
      return JSONResponse.detail(phrase, status: error.status)
    } catch {
      logger.error(
        "unexpected error",
        metadata: [
          "request_id": "\(RequestID.current ?? "")", "path": "\(request.uri.path)",
          "error": "\(error)",
        ])
      return JSONResponse.detail("Internal Server Error", status: .internalServerError)
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
