import FastJSON
import Hummingbird
import NIOCore
import PointModel
import QdrantAPI

/// A request that was refused before its body was read.
struct UnreadBody: Error {
  /// What the caller is told.
  let error: GatewayError
}

/// Reads the gateway's request bodies and names the field that is wrong.
package enum RequestBody {
  /// The whole body, of at most `limit` bytes.
  static func collect(
    _ request: Request, upTo limit: Int
  ) async throws -> [UInt8] {
    let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    let tooLarge = GatewayError.tooLarge(
      "The body is larger than the \(limit) bytes that a request may have")
    guard length <= limit else { throw UnreadBody(error: tooLarge) }
    do {
      let buffer = try await request.body.collect(upTo: limit)
      return Array(buffer.readableBytesView)
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
  }

  /// Reads `{"chunks": [{"page_content": …, "metadata": {…}}]}`.
  package static func chunks(_ body: [UInt8]) throws(GatewayError) -> [Chunk] {
    let root = try object(body)
    let place: [FieldProblem.Step] = [.name("body"), .name("chunks")]
    guard let list = root["chunks"] else { throw .unprocessable([.missing(place)]) }
    guard case .array(let elements) = list else { throw .unprocessable([.notList(place)]) }
    var problems: [FieldProblem] = []
    var chunks: [Chunk] = []
    chunks.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      if let chunk = chunk(element, at: place + [.index(index)], problems: &problems) {
        chunks.append(chunk)
      }
    }
    guard problems.isEmpty else { throw .unprocessable(Array(problems.prefix(100))) }
    return chunks
  }

  private static func chunk(
    _ element: JSONValue, at place: [FieldProblem.Step], problems: inout [FieldProblem]
  ) -> Chunk? {
    guard case .object(let members) = element else {
      problems.append(.notObject(place))
      return nil
    }
    var content: String?
    switch members["page_content"] {
    case .string(let text): content = text
    case nil: problems.append(.missing(place + [.name("page_content")]))
    default: problems.append(.notString(place + [.name("page_content")]))
    }
    var metadata: JSONObjectValue? = JSONObjectValue()
    switch members["metadata"] {
    case .object(let given): metadata = given
    case nil, .null: break
    default:
      problems.append(.notObject(place + [.name("metadata")]))
      metadata = nil
    }
    guard let content, let metadata else { return nil }
    return Chunk(pageContent: content, metadata: metadata)
  }

  /// The members of the body.
  static func object(_ body: [UInt8]) throws(GatewayError) -> JSONObjectValue {
    guard !body.isEmpty else { throw .unprocessable([.missing([.name("body")])]) }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: body)
    } catch {
      throw .unprocessable([
        FieldProblem(
          location: [.name("body")], message: "JSON decode error: \(error)", type: "json_invalid")
      ])
    }
    guard case .object(let members) = value else {
      throw .unprocessable([.notObject([.name("body")])])
    }
    return members
  }
}

/// Reads a filter in the form that Qdrant has.
enum FilterBody {
  /// The filter in `value`.
  ///
  /// - Throws: `GatewayError.badRequest` with what is wrong with it.
  static func filter(_ value: JSONValue) throws(GatewayError) -> Filter {
    let body = JSONValue.object(["filter": value, "limit": .integer(1)]).serialized()
    let filter: Filter?
    do throws(RequestError) {
      filter = try RequestDecoder.scroll(RequestDecoder.document(body)).filter
    } catch {
      throw .badRequest(error.text)
    }
    guard let filter else { throw .badRequest("the filter is empty") }
    return filter
  }
}
