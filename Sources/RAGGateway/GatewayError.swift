import FastJSON

/// Every way a request to the gateway can fail, each with one HTTP status.
public enum GatewayError: Error, Sendable, Equatable {
  /// The request makes no sense: 400.
  case badRequest(String)
  /// No key: 401.
  case keyMissing
  /// A key that nobody has: 401.
  case keyUnknown
  /// The key does not give the right: 403.
  case forbidden(String)
  /// The request is well formed and breaks the schema: 422, one entry a field.
  case unprocessable([FieldProblem])
  /// The body does not arrive in time: 408.
  case tooSlow(String)
  /// The body or the list in it is beyond the limits: 413.
  case tooLarge(String)
  /// A file is of a kind that is not read: 415.
  case unsupported(String)
  /// The collection belongs to another embedding model or has another shape: 409.
  case conflict(String)
  /// Too many requests are being worked on: 503 with `Retry-After`.
  case overloaded(retryAfterSeconds: Int)
  /// The time that one request may take is over: 503 with `Retry-After`.
  case outOfTime
  /// The caller has asked too often: 429 with `Retry-After`.
  case tooManyRequests(retryAfterSeconds: Int)
  /// Nobody answers at the vector store's address: 503.
  case storeUnreachable(String)
  /// The vector store takes no requests at the moment: 503.
  case storeBusy(String)
  /// The vector store has no room left: 507.
  case storeFull(String)
  /// The vector store answered with an error: 502.
  case storeFailed(String)
  /// The vector store found something wrong with what it was asked: 502.
  case storeRefused(String)
  /// The collection vanished between two calls: 502 when a repetition did not help.
  case collectionMissing(String)
  /// Nobody answers at the embedding provider's address: 503.
  case embeddingUnreachable(String)
  /// The embedding provider or model failed: 502.
  case embeddingFailed(String)
  /// Nobody answers at the language model's address: 503.
  case generationUnreachable(String)
  /// The language model failed or replied with something unusable: 502.
  case generationFailed(String)
  /// A provider wants to be left alone for a while: 503 with its `Retry-After`.
  case providerBusy(String, retryAfterSeconds: Int)

  /// Seconds that a caller is asked to wait where nobody says how long it will take.
  private static let usualWait = 5

  /// The HTTP status that this failure is answered with.
  public var status: Int {
    switch self {
    case .badRequest: 400
    case .keyMissing, .keyUnknown: 401
    case .forbidden: 403
    case .tooSlow: 408
    case .conflict: 409
    case .tooLarge: 413
    case .unsupported: 415
    case .unprocessable: 422
    case .tooManyRequests: 429
    case .storeFailed, .storeRefused, .collectionMissing, .embeddingFailed, .generationFailed: 502
    case .overloaded, .outOfTime, .storeUnreachable, .storeBusy, .embeddingUnreachable,
      .generationUnreachable, .providerBusy:
      503
    case .storeFull: 507
    }
  }

  /// Seconds after which another attempt may succeed; `nil` when waiting alone does not help.
  public var retryAfterSeconds: Int? {
    switch self {
    case .overloaded(let seconds), .tooManyRequests(let seconds), .providerBusy(_, let seconds):
      seconds
    case .outOfTime, .storeUnreachable, .storeBusy, .embeddingUnreachable, .generationUnreachable:
      Self.usualWait
    default: nil
    }
  }

  /// As `message`; for a schema failure all problems, each with the field that it is about.
  var explanation: String {
    guard case .unprocessable(let problems) = self else { return message }
    return problems.map { problem in
      let path = problem.location.dropFirst().map { step in
        switch step {
        case .name(let name): name
        case .index(let index): String(index)
        }
      }
      return path.isEmpty
        ? problem.message : "\(path.joined(separator: ".")): \(problem.message)"
    }.joined(separator: "; ")
  }

  /// The member that a schema failure is about first, as in `messages[0].content`; `nil` for the
  /// whole body, and for other failures.
  var member: String? {
    guard case .unprocessable(let problems) = self,
      let steps = problems.first?.location.dropFirst(), !steps.isEmpty
    else { return nil }
    return steps.reduce(into: "") { path, step in
      switch step {
      case .name(let name): path += path.isEmpty ? name : ".\(name)"
      case .index(let index): path += "[\(index)]"
      }
    }
  }

  /// The word that OpenAI's interface has for this failure; `nil` where it has none.
  var openAICode: String? { self == .keyUnknown ? "invalid_api_key" : nil }

  /// One sentence for people; for a schema failure the first problem.
  public var message: String {
    switch self {
    case .badRequest(let text), .tooLarge(let text), .conflict(let text), .forbidden(let text),
      .unsupported(let text), .tooSlow(let text):
      text
    case .keyMissing: "Must provide an API key: Authorization: Bearer KEY, or api-key: KEY"
    case .keyUnknown: "Invalid API key"
    case .unprocessable(let problems): problems.first?.message ?? "Unprocessable request"
    case .overloaded: "The gateway is working on too many requests; try again shortly"
    case .outOfTime:
      "The time that a request may take is over. What was stored until now stays: send the rest "
        + "again, in smaller parts"
    case .tooManyRequests: "This key has asked too often; try again shortly"
    case .storeUnreachable(let text): "Vector store unreachable: \(text)"
    case .storeBusy(let text): "Vector store busy: \(text)"
    case .storeFull(let text): "Vector store full: \(text)"
    case .storeFailed(let text), .storeRefused(let text): "Vector store error: \(text)"
    case .collectionMissing(let name): "Vector store error: collection `\(name)` does not exist"
    case .embeddingUnreachable(let text): "Embedding provider unreachable: \(text)"
    case .embeddingFailed(let text): "Embedding error: \(text)"
    case .generationUnreachable(let text): "Language model unreachable: \(text)"
    case .generationFailed(let text): "Language model error: \(text)"
    case .providerBusy(let text, _): "The provider is busy: \(text)"
    }
  }
}

/// What is wrong with one field of a request, in the shape that FastAPI reports it.
public struct FieldProblem: Sendable, Equatable {
  /// Problems of one request that are told.
  static let toldMax = 100

  /// One step of the way to a field.
  public enum Step: Sendable, Equatable {
    /// The member of an object.
    case name(String)
    /// The element of an array.
    case index(Int)
  }

  /// The way to the field, `body` first.
  public let location: [Step]
  /// A sentence for people.
  public let message: String
  /// A word for programs, such as `missing` or `string_type`.
  public let type: String

  /// A problem at `location`.
  public init(location: [Step], message: String, type: String) {
    self.location = location
    self.message = message
    self.type = type
  }

  /// The field is required and absent.
  package static func missing(_ location: [Step]) -> FieldProblem {
    FieldProblem(location: location, message: "Field required", type: "missing")
  }

  /// The field is not a string.
  package static func notString(_ location: [Step]) -> FieldProblem {
    FieldProblem(
      location: location, message: "Input should be a valid string", type: "string_type")
  }

  /// The field is not an array.
  package static func notList(_ location: [Step]) -> FieldProblem {
    FieldProblem(location: location, message: "Input should be a valid list", type: "list_type")
  }

  /// The field is not an object.
  package static func notObject(_ location: [Step]) -> FieldProblem {
    FieldProblem(
      location: location, message: "Input should be a valid dictionary", type: "dict_type")
  }

  /// The field is none that the request has.
  package static func unexpected(_ location: [Step]) -> FieldProblem {
    FieldProblem(
      location: location, message: "Extra inputs are not permitted", type: "extra_forbidden")
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("type")
    writer.string(type)
    writer.key("loc")
    writer.beginArray()
    for step in location {
      switch step {
      case .name(let name): writer.string(name)
      case .index(let index): writer.integer(index)
      }
    }
    writer.endArray()
    writer.key("msg")
    writer.string(message)
    writer.endObject()
  }
}
