import FastJSON
import HTTPTypes
import Hummingbird
import NIOCore

/// Makes the gateway's responses: JSON bodies, errors as FastAPI has them or, below `/v1/`, as
/// clients of OpenAI's interface read them.
enum JSONResponse {
  static func make(_ body: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = "application/json"
    headers[.contentLength] = String(body.count)
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// `{"detail": …}`, a sentence, for a schema failure the list of problems; or
  /// `{"error": {"message": …}}`.
  static func make(_ error: GatewayError, at path: String) -> Response {
    var response: Response
    if isOpenAI(path) {
      // Its clients know 400 for what is wrong with a request.
      let status = error.status == 422 ? 400 : error.status
      response = make(
        openAI(error.explanation, status, about: error.member, code: error.openAICode),
        status: .init(code: status))
    } else {
      response = make(body(of: error), status: .init(code: error.status))
    }
    if let seconds = error.retryAfterSeconds {
      response.headers[.retryAfter] = String(seconds)
    }
    // As RFC 6750 has it.
    switch error {
    case .keyMissing: response.headers[.wwwAuthenticate] = "Bearer"
    case .keyUnknown: response.headers[.wwwAuthenticate] = #"Bearer error="invalid_token""#
    default: break
    }
    return response
  }

  /// A sentence with any status.
  static func detail(_ text: String, status: HTTPResponse.Status, at path: String) -> Response {
    let body =
      isOpenAI(path)
      ? openAI(text, status.code)
      : JSONValue.object(JSONObjectValue([("detail", .string(text))])).serialized()
    return make(body, status: status)
  }

  private static func isOpenAI(_ path: String) -> Bool { path.hasPrefix("/v1/") }

  private static func openAI(
    _ message: String, _ status: Int, about member: String? = nil, code: String? = nil
  ) -> [UInt8] {
    let kind =
      switch status {
      case 401: "authentication_error"
      case 403: "permission_error"
      case 429: "rate_limit_error"
      case 500...: "server_error"
      default: "invalid_request_error"
      }
    return JSONValue.object([
      "error": .object([
        "message": .string(message), "type": .string(kind),
        "param": member.map { .string($0) } ?? .null, "code": code.map { .string($0) } ?? .null,
      ])
    ]).serialized()
  }

  private static func body(of error: GatewayError) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("detail")
    if case .unprocessable(let problems) = error {
      writer.beginArray()
      for problem in problems { problem.write(to: &writer) }
      writer.endArray()
    } else {
      writer.string(error.message)
    }
    writer.endObject()
    return writer.bytes
  }
}
