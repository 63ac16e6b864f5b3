import FastJSON
import HTTPTypes
import Hummingbird
import NIOCore

/// Makes the gateway's responses: JSON bodies, errors as FastAPI has them.
enum JSONResponse {
  static func make(_ body: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = "application/json"
    headers[.contentLength] = String(body.count)
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// `{"detail": …}`: a sentence, for a schema failure the list of problems.
  static func make(_ error: GatewayError) -> Response {
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
    var response = make(writer.bytes, status: HTTPResponse.Status(code: error.status))
    if let seconds = error.retryAfterSeconds {
      response.headers[.retryAfter] = String(seconds)
    }
    if error == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
    return response
  }

  /// `{"detail": "…"}` with any status.
  static func detail(_ text: String, status: HTTPResponse.Status) -> Response {
    let body = JSONValue.object(JSONObjectValue([("detail", .string(text))])).serialized()
    return make(body, status: status)
  }
}
