import FastJSON
import HTTPTypes
import Hummingbird
import QdrantAPI
import VectorDB

/// The forms an answer takes on the wire.
enum RESTResponse {
  static let jsonType = "application/json"
  static let textType = "text/plain; charset=utf-8"

  /// 200 with `result` in Qdrant's envelope.
  static func ok(_ context: RESTContext, _ result: (inout JSONWriter) -> Void) -> Response {
    let bytes = ResponseEnvelope.ok(seconds: context.elapsedSeconds, result)
    return json(.ok, bytes)
  }

  /// 200 with a result that may be long.
  static func ok(
    _ context: RESTContext, _ steps: AnswerSteps, _ explanation: QueryExplanation? = nil
  ) async throws -> Response {
    try await AnswerPieces(steps, context, explanation).response()
  }

  /// 200 with points of which there may be many.
  static func ok(
    _ context: RESTContext, _ pages: PointPages, as layout: PointsLayout,
    _ explanation: QueryExplanation? = nil
  ) async throws -> Response {
    try await AnswerPieces(pages, layout, context, explanation).response()
  }

  /// 202, for work that goes on.
  static func accepted(_ context: RESTContext) -> Response {
    json(.accepted, ResponseEnvelope.accepted(seconds: context.elapsedSeconds))
  }

  /// An error in Qdrant's envelope.
  static func error(_ error: RESTError, _ context: RESTContext) -> Response {
    let bytes = ResponseEnvelope.error(text: error.text, seconds: context.elapsedSeconds)
    var response = json(error.status, bytes)
    if let seconds = error.retryAfterSeconds {
      response.headers[.retryAfter] = String(max(1, seconds))
    }
    return response
  }

  static func json(_ status: HTTPResponse.Status, _ bytes: [UInt8]) -> Response {
    body(status, ByteBuffer(bytes: bytes), type: jsonType)
  }

  static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
    body(status, ByteBuffer(string: text), type: textType)
  }

  /// What an unknown route or a known route with another method answers: nothing at all.
  static func notFound() -> Response { Response(status: .notFound) }

  private static func body(
    _ status: HTTPResponse.Status, _ buffer: ByteBuffer, type: String
  ) -> Response {
    Response(
      status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: buffer))
  }
}
