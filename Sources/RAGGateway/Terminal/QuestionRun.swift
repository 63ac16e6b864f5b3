import FastJSON
import HTTPTransfer
import Synchronization

/// A conversation with a running gateway, from the command line: answers are written as they come.
public final class QuestionRun: Sendable {
  private let endpoint: JSONEndpoint
  private let client: HTTPClient
  private let write: @Sendable (String) -> Void
  private let turns = Mutex<[ConversationTurn]>([])

  /// Turns of a conversation in a terminal that are sent with a question.
  private static let turnsMax = 10
  /// Time that an answer in a terminal may take.
  private static let answerTimeMax = Duration.seconds(300)

  /// A conversation with the gateway at `address`.
  public convenience init(
    _ address: GatewayAddress, write: @escaping @Sendable (String) -> Void
  ) {
    self.init(address, answerTime: Self.answerTimeMax, write: write)
  }

  /// The same with another time for each answer.
  package init(
    _ address: GatewayAddress, answerTime: Duration, write: @escaping @Sendable (String) -> Void
  ) {
    client = address.client()
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    endpoint = address.endpoint(client, timeout: answerTime, retry: retry)
    self.write = write
  }

  /// Ends the connections.
  public func shutdown() { client.shutdown() }

  /// Asks, writes the answer with what it relies on, and remembers both for the next question.
  ///
  /// - Throws: `QuestionProblem` when there is no answer.
  public func ask(_ question: String, limit: Int? = nil) async throws(QuestionProblem) {
    let history = turns.withLock { $0.suffix(Self.turnsMax) }
    var body: JSONObjectValue = ["question": .string(question), "stream": .bool(true)]
    if let limit { body["k"] = .integer(Int64(limit)) }
    if !history.isEmpty {
      body["history"] = .array(
        history.map {
          .object(["role": .string($0.role.rawValue), "content": .string($0.content)])
        })
    }
    let events = EventReader()
    let said = Mutex("")
    let write = write
    let reply: EndpointReply
    do {
      reply = try await endpoint.stream(
        .post, "/insight/query", body: JSONValue.object(body).serialized()
      ) { bytes in
        for event in events.take(bytes) where event.name == "delta" {
          let text = event.data["text"]?.stringValue ?? ""
          write(text)
          said.withLock { $0 += text }
        }
        return true
      }
    } catch {
      throw QuestionProblem("gateway unreachable: \(error.message)")
    }
    guard reply.isSuccess else { throw QuestionProblem("gateway: \(reply.complaint)") }
    if let failure = events.last("error") {
      throw QuestionProblem("gateway: \(failure["detail"]?.stringValue ?? "it failed")")
    }
    guard let insight = events.last("insight") else {
      throw QuestionProblem("gateway: the answer broke off")
    }
    let summary = insight["summary"]?.stringValue ?? ""
    write(said.withLock { SaidAnswer.rest(of: summary, after: $0) })
    write("\n" + Self.footer(insight))
    turns.withLock { turns in
      turns.append(ConversationTurn(role: .user, content: question))
      turns.append(ConversationTurn(role: .assistant, content: summary))
    }
  }

  private static func footer(_ insight: JSONValue) -> String {
    var lines: [String] = []
    let titles = insight["metadata"]?.arrayValue ?? []
    for citation in insight["citations"]?.arrayValue ?? [] {
      guard let number = citation["number"]?.numberValue.flatMap({ Int(exactly: $0) }),
        let id = citation["chunk_id"]?.stringValue
      else { continue }
      let title = titles.first { $0["chunk_id"]?.stringValue == id }?["title"]?.stringValue ?? ""
      let line = "  [\(number)] \(title.isEmpty ? id : "\(title) (\(id))")"
      if !lines.contains(line) { lines.append(line) }
    }
    if let confidence = insight["confidence"]?.numberValue, confidence > 0 {
      lines.append("  sure to \(Int((confidence * 100).rounded())) %")
    }
    return lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n") + "\n"
  }
}

/// Why a question has no answer.
public struct QuestionProblem: Error, Sendable, CustomStringConvertible {
  /// One sentence for people.
  public let description: String

  /// A problem with this text.
  init(_ description: String) { self.description = description }
}

/// Puts server-sent events together as their bytes come.
final class EventReader: Sendable {
  /// One event with its data.
  struct Event: Sendable {
    let name: String
    let data: JSONValue
  }

  private struct State {
    var lines = LineSplitter()
    var name = ""
    var latest: [String: JSONValue] = [:]
  }

  private let state = Mutex(State())

  /// The events that are complete with these bytes.
  func take(_ bytes: UnsafeRawBufferPointer) -> [Event] {
    state.withLock { state in
      var events: [Event] = []
      for bytes in state.lines.take(bytes) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("event: ") {
          state.name = String(line.dropFirst(7))
        } else if line.hasPrefix("data: "),
          let data = try? JSONValue(parsing: Array(line.utf8.dropFirst(6)))
        {
          events.append(Event(name: state.name, data: data))
          state.latest[state.name] = data
        }
      }
      return events
    }
  }

  /// The data of the last event of a name.
  func last(_ name: String) -> JSONValue? { state.withLock { $0.latest[name] } }
}
