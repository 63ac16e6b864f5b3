import FastJSON
import HTTPConnections
import HTTPTransfer
import Hummingbird
import NIOCore
import PointModel
import QdrantAPI
import TransportBase

/// A request that was refused before its body was read.
struct UnreadBody: Error {
  /// What the caller is told.
  let error: GatewayError
}

/// Reads the gateway's request bodies and names the field that is wrong.
package enum RequestBody {
  /// The whole body, of at most `limit` bytes; what is packed is unpacked.
  static func collect(
    _ request: Request, upTo limit: Int
  ) async throws -> [UInt8] {
    let length = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    let tooLarge = GatewayError.tooLarge(
      "The body is larger than the \(limit) bytes that a request may have")
    guard length <= limit else { throw UnreadBody(error: tooLarge) }
    let coding = try coding(of: request)
    let body: ByteBuffer
    do {
      body = try await arriving(request, upTo: limit, tooLarge)
    } catch let error as GatewayError {
      throw error
    } catch is CancellationError {
      throw CancellationError()
    } catch BodyFault.tooSlow(let bytes) {
      throw GatewayError.tooSlow("The body came too slowly: \(bytes) bytes until now")
    } catch {
      throw GatewayError.badRequest("The body broke off, or is not framed as HTTP says: \(error)")
    }
    // Its arrival has a bound of its own, which goes by its size.
    RequestDeadline.current?.restart()
    try RequestPlace.current?.take()
    guard let coding else { return Array(body.readableBytesView) }
    let unpacked: Result<[UInt8]?, PackingError>
    do {
      unpacked = try await BlockingWork.run { unpack(body, as: coding, upTo: limit) }
    } catch {
      throw GatewayError.overloaded(retryAfterSeconds: 1)
    }
    switch unpacked {
    case .success(let bytes?): return bytes
    case .success(nil): throw tooLarge
    case .failure:
      throw GatewayError.badRequest("The body could not be unpacked as `\(coding.rawValue)`")
    }
  }

  private static func arriving(
    _ request: Request, upTo limit: Int, _ tooLarge: GatewayError
  ) async throws -> ByteBuffer {
    var arrived = ByteBuffer()
    let hold = RequestPlace.current?.bodyHold()
    for try await part in request.body {
      guard arrived.readableBytes + part.readableBytes <= limit else { throw tooLarge }
      try hold?.add(part.readableBytes)
      arrived.writeImmutableBuffer(part)
    }
    return arrived
  }

  /// How the body is packed; `nil` where it is not.
  private static func coding(of request: Request) throws(GatewayError) -> ContentCoding? {
    guard let name = request.headers[.contentEncoding]?.trimmed else { return nil }
    // Some clients name the character set here.
    if ["", "identity", "utf-8", "utf8"].contains(name.lowercased()) { return nil }
    guard let coding = ContentCoding(named: name) else {
      let known = ContentCoding.allCases.map(\.rawValue).joined(separator: ", ")
      throw .unsupported("Bodies packed as `\(name)` are not read; read are \(known)")
    }
    return coding
  }

  /// The body as it was before it was packed; `nil` when that is more than `limit` bytes.
  private static func unpack(
    _ body: ByteBuffer, as coding: ContentCoding, upTo limit: Int
  ) -> Result<[UInt8]?, PackingError> {
    let unpacker = Unpacker(coding)
    var packed = body
    var bytes: [UInt8] = []
    do throws(PackingError) {
      while packed.readableBytes > 0 || unpacker.hasMore {
        bytes += try unpacker.unpack(&packed, upTo: 256 << 10).readableBytesView
        if bytes.count > limit { return .success(nil) }
      }
      try unpacker.finish()
      return .success(bytes)
    } catch {
      return .failure(error)
    }
  }

  /// Reads `{"chunks": [{"page_content": …, "metadata": {…}}]}`. Any other member is a problem: a
  /// caller who misspells one must not be told that all is stored.
  package static func chunks(_ body: [UInt8]) throws(GatewayError) -> [Chunk] {
    let root = try object(body)
    let place: [FieldProblem.Step] = [.name("body"), .name("chunks")]
    var problems = unexpected(in: root, besides: ["chunks"], at: [.name("body")])
    guard case .array(let elements)? = root["chunks"] else {
      problems.insert(root["chunks"] == nil ? .missing(place) : .notList(place), at: 0)
      throw .unprocessable(problems)
    }
    var chunks: [Chunk] = []
    chunks.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      if let chunk = chunk(element, at: place + [.index(index)], problems: &problems) {
        chunks.append(chunk)
      }
    }
    guard problems.isEmpty else {
      throw .unprocessable(Array(problems.prefix(FieldProblem.toldMax)))
    }
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
    if let own = metadata?["chunk_id"], own != .null, own.identifierText == nil {
      problems.append(.notString(place + [.name("metadata"), .name("chunk_id")]))
    }
    // The name that LangChain gives to a document, where its metadata has none.
    switch members["id"] {
    case nil, .null: break
    case let id?:
      guard let name = id.identifierText else {
        problems.append(.notString(place + [.name("id")]))
        break
      }
      let own = metadata?["chunk_id"]
      if own == nil || own == .null, !name.isEmpty { metadata?["chunk_id"] = .string(name) }
    }
    if let type = members["type"], type != .null, type != .string("Document") {
      problems.append(
        FieldProblem(
          location: place + [.name("type")], message: "Input should be 'Document'",
          type: "literal_error"))
    }
    problems += unexpected(
      in: members, besides: ["page_content", "metadata", "id", "type"], at: place)
    guard let content, let metadata else { return nil }
    return Chunk(pageContent: content, metadata: metadata)
  }

  /// A problem for each member that is none of `known`.
  static func unexpected(
    in members: JSONObjectValue, besides known: [String], at place: [FieldProblem.Step]
  ) -> [FieldProblem] {
    members.keys.filter { !known.contains($0) }.prefix(FieldProblem.toldMax).map {
      .unexpected(place + [.name($0)])
    }
  }

  /// Refuses parameters of the query string that are none of `known`, or stand in it twice.
  static func requireParameters(
    of request: Request, among known: [String] = []
  ) throws(GatewayError) {
    var given: Set<String> = []
    for name in request.uri.queryParameters.map({ String($0.key) }) {
      guard known.contains(name) else {
        let names =
          known.isEmpty
          ? "there are no parameters here"
          : "\(known.joined(separator: ", ")) \(known.count == 1 ? "is" : "are")"
        throw .badRequest("`\(name)` is not known: \(names)")
      }
      guard given.insert(name).inserted else {
        throw .badRequest("`\(name)` is given more than once")
      }
    }
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
