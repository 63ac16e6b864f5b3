import FastJSON
import OpenAITestServer
import Synchronization

/// A server with one collection that answers as Qdrant does, over a socket.
final class FakeQdrant: Sendable {
  struct Contents {
    var config: JSONObjectValue?
    var points: [(id: String, vector: [Double], payload: JSONObjectValue)] = []
    var reply: TestReply?
  }

  private let contents: Box
  private let server: HTTPTestServer

  private final class Box: Sendable {
    let contents: Mutex<Contents>
    init(_ contents: Contents) { self.contents = Mutex(contents) }
  }

  init?(config: JSONObjectValue? = nil, reply: TestReply? = nil) {
    let box = Box(Contents(config: config, reply: reply))
    guard
      let server = HTTPTestServer(handler: { request in
        box.contents.withLock { contents in
          contents.reply ?? Self.answer(request, &contents)
        }
      })
    else { return nil }
    self.server = server
    contents = box
  }

  var url: String { server.url }
  var requests: [TestRequest] { server.requests }
  var pointCount: Int { contents.contents.withLock { $0.points.count } }
  var payloads: [JSONObjectValue] { contents.contents.withLock { $0.points.map(\.payload) } }
  func stop() { server.stop() }

  private static func answer(_ request: TestRequest, _ contents: inout Contents) -> TestReply {
    let path = request.path.split(separator: "?").first.map(String.init) ?? ""
    let base = "/collections/my%20chunks"
    switch (request.method, path) {
    case ("GET", "/readyz"): return .respond(status: 200, body: "all shards are ready")
    case ("GET", base + "/exists"): return result(.object(["exists": .bool(true)]))
    case ("PUT", base):
      guard case .object(let body) = request.json else { return notFound }
      contents.config = [
        "params": .object([
          "vectors": body["vectors"] ?? .null, "sparse_vectors": body["sparse_vectors"] ?? .null,
        ]),
        "metadata": body["metadata"] ?? .null,
      ]
      return result(.bool(true))
    default: break
    }
    guard let config = contents.config else { return notFound }
    switch (request.method, path) {
    case ("GET", base):
      return result(.object(["status": .string("green"), "config": .object(config)]))
    case ("PUT", base + "/index"):
      return result(.object(["operation_id": .integer(1), "status": .string("completed")]))
    case ("POST", base + "/points"): return retrieve(request, contents)
    case ("PUT", base + "/points"): return upsert(request, &contents)
    case ("POST", base + "/points/batch"): return overwrite(request, &contents)
    case ("POST", base + "/points/query"): return query(request, contents)
    default: return notFound
    }
  }

  private static let notFound = TestReply.respond(
    status: 404,
    body: #"{"status":{"error":"Not found: Collection `x` doesn't exist!"},"time":0.0}"#)

  private static func result(_ value: JSONValue) -> TestReply {
    let body: JSONValue = .object([
      "result": value, "status": .string("ok"), "time": .double(0.0),
    ])
    return .respond(status: 200, body: String(decoding: body.serialized(), as: UTF8.self))
  }

  private static func retrieve(_ request: TestRequest, _ contents: Contents) -> TestReply {
    guard case .object(let body) = request.json, case .array(let ids)? = body["ids"] else {
      return notFound
    }
    let found = contents.points.filter { ids.contains(.string($0.id)) }
    return result(
      .array(
        found.map { point in
          .object([
            "id": .string(point.id),
            "payload": .object(["quiver": point.payload["quiver"] ?? .null]),
          ])
        }))
  }

  private static func upsert(_ request: TestRequest, _ contents: inout Contents) -> TestReply {
    guard case .object(let body) = request.json, case .array(let points)? = body["points"] else {
      return notFound
    }
    for point in points {
      guard case .object(let members) = point, case .string(let id)? = members["id"],
        case .array(let numbers)? = members["vector"],
        case .object(let payload)? = members["payload"]
      else { return .respond(status: 400, body: #"{"status":{"error":"Format error"}}"#) }
      let vector = numbers.map { number in
        if case .double(let value) = number { value } else { Double.nan }
      }
      contents.points.removeAll { $0.id == id }
      contents.points.append((id, vector, payload))
    }
    return result(.object(["operation_id": .integer(1), "status": .string("completed")]))
  }

  private static func overwrite(_ request: TestRequest, _ contents: inout Contents) -> TestReply {
    guard case .object(let body) = request.json, case .array(let operations)? = body["operations"]
    else { return notFound }
    for operation in operations {
      guard case .object(let members) = operation,
        case .object(let change)? = members["set_payload"],
        case .array(let ids)? = change["points"], case .object(let payload)? = change["payload"]
      else { return notFound }
      for index in contents.points.indices
      where ids.contains(.string(contents.points[index].id)) {
        for (key, value) in payload {
          if case .string(let outer)? = change["key"],
            case .object(var inner)? = contents.points[index].payload[outer]
          {
            inner[key] = value
            contents.points[index].payload[outer] = .object(inner)
          } else {
            contents.points[index].payload[key] = value
          }
        }
      }
    }
    return result(.array([]))
  }

  private static func query(_ request: TestRequest, _ contents: Contents) -> TestReply {
    let hits = contents.points.map { point -> JSONValue in
      .object([
        "id": .string(point.id), "version": .integer(1), "score": .double(0.5),
        "payload": .object(point.payload),
      ])
    }
    return result(.object(["points": .array(hits)]))
  }
}
