import FastJSON
import Synchronization

/// A provider that speaks OpenAI's `/v1/embeddings`, `/v1/chat/completions` and `/v1/models` and
/// goes wrong by script: one fault a request, the last one for all that follow.
public final class OpenAITestServer: Sendable {
  private final class Script: Sendable {
    let faults: Mutex<[OpenAIFault]>

    init(_ faults: [OpenAIFault]) { self.faults = Mutex(faults) }

    func next() -> OpenAIFault {
      faults.withLock { faults in
        faults.count > 1 ? faults.removeFirst() : faults.first ?? .none
      }
    }
  }

  /// The content of a chat that is as it should be.
  public static let goodContent =
    #"{"title":"A title","summary":"Purge it [1].","confidence":0.9}"#

  private let server: HTTPTestServer

  /// Starts a server with vectors of `dimension` components; `nil` when there is no port for it.
  public init?(dimension: Int = 8, faults: [OpenAIFault] = []) {
    let script = Script(faults)
    let server = HTTPTestServer { request in
      if request.path == "/v1/models" {
        return .respond(status: 200, body: #"{"object":"list","data":[]}"#)
      }
      return Self.reply(to: request, fault: script.next(), dimension: dimension)
    }
    guard let server else { return nil }
    self.server = server
  }

  /// The base address, `/v1` included.
  public var url: String { server.url + "/v1" }

  /// The requests so far, in order.
  public var requests: [TestRequest] { server.requests }

  /// Closes the port and all connections.
  public func stop() { server.stop() }

  private static func reply(
    to request: TestRequest, fault: OpenAIFault, dimension: Int
  ) -> TestReply {
    switch fault {
    case .tooManyRequests(let seconds):
      return .respond(
        status: 429, headers: [("Retry-After", String(seconds))], body: error("slow down"))
    case .busy(let seconds):
      return .respond(
        status: 503, headers: [("Retry-After", String(seconds))], body: error("loading"))
    case .status(let status, let message): return .respond(status: status, body: error(message))
    case .hang: return .hang
    case .cutStream: return .cut(sent: #"{"choices":[{"message":{"content":"#)
    case .badJSON: return .respond(status: 200, body: "<html>gateway</html>")
    default:
      return request.path == "/v1/embeddings"
        ? embeddings(request, fault: fault, dimension: dimension) : chat(request, fault: fault)
    }
  }

  private static func error(_ message: String) -> String {
    text(.object(["error": .object(["message": .string(message), "type": .string("test")])]))
  }

  private static func text(_ value: JSONValue) -> String {
    String(decoding: value.serialized(), as: UTF8.self)
  }

  private static func embeddings(
    _ request: TestRequest, fault: OpenAIFault, dimension: Int
  ) -> TestReply {
    guard case .object(let body) = request.json, case .array(let input)? = body["input"] else {
      return .respond(status: 400, body: error("input is missing"))
    }
    if case .batchLimit(let limit) = fault, input.count > limit {
      return .respond(status: 413, body: error("too many inputs"))
    }
    var size = dimension
    if case .dimension(let other) = fault { size = other }
    var data: [JSONValue] = []
    for (index, text) in input.enumerated() {
      guard case .string(let text) = text else { continue }
      let vector = vector(of: text, size: size).map { JSONValue.double(Double($0)) }
      data.append(
        .object([
          "object": .string("embedding"), "index": .integer(Int64(index)),
          "embedding": .array(vector),
        ]))
    }
    if fault == .missingVector { data.removeLast() }
    if fault == .extraVector, let last = data.last { data.append(last) }
    if fault == .wordVectors {
      data = data.indices.map {
        .object(["index": .integer(Int64($0)), "embedding": .array([.string("one")])])
      }
    }
    if fault == .reversed { data.reverse() }
    return .respond(
      status: 200, body: text(.object(["object": .string("list"), "data": .array(data)])))
  }

  /// The vector that the server gives a text: the same every time.
  public static func vector(of text: String, size: Int) -> [Float] {
    var vector = [Float](repeating: 0.1, count: size)
    for byte in text.utf8 { vector[Int(byte) % size] += 1 }
    return vector
  }

  private static func chat(_ request: TestRequest, fault: OpenAIFault) -> TestReply {
    if case .responseFormatUnavailable(let types) = fault,
      case .object(let body) = request.json, case .object(let format)? = body["response_format"],
      case .string(let type)? = format["type"], types.contains(type)
    {
      return .respond(status: 400, body: error("response_format \(type) is unavailable"))
    }
    var message: JSONObjectValue = ["role": .string("assistant")]
    switch fault {
    case .content(let content), .truncated(let content): message["content"] = .string(content)
    case .parts(let content):
      message["content"] = .array([
        .object(["type": .string("text"), "text": .string(content)])
      ])
    case .emptyContent: message["content"] = .null
    case .refusal(let words):
      message["content"] = .null
      message["refusal"] = .string(words)
    default: message["content"] = .string(goodContent)
    }
    if case .object(let body) = request.json, body["stream"] == .bool(true) {
      return streamed(message)
    }
    var reason = "stop"
    if case .truncated = fault { reason = "length" }
    let choice: JSONValue = .object([
      "index": .integer(0), "message": .object(message), "finish_reason": .string(reason),
    ])
    return .respond(
      status: 200,
      body: text(.object(["object": .string("chat.completion"), "choices": .array([choice])])))
  }

  /// The message as events, three characters each.
  private static func streamed(_ message: JSONObjectValue) -> TestReply {
    var events = ""
    func write(_ delta: JSONObjectValue, _ reason: JSONValue) {
      let choice: JSONValue = .object([
        "index": .integer(0), "delta": .object(delta), "finish_reason": reason,
      ])
      let event: JSONValue = .object([
        "object": .string("chat.completion.chunk"), "choices": .array([choice]),
      ])
      events += "data: \(text(event))\n\n"
    }
    for name in ["content", "refusal"] {
      guard case .string(let content)? = message[name] else { continue }
      var rest = Substring(content)
      while !rest.isEmpty {
        write([name: .string(String(rest.prefix(3)))], .null)
        rest = rest.dropFirst(3)
      }
    }
    write([:], .string("stop"))
    return .respond(
      status: 200, headers: [("Content-Type", "text/event-stream")],
      body: events + "data: [DONE]\n\n")
  }
}
