import HTTPTransfer
import Hummingbird
import Synchronization

/// How many requests are worked on, and how much has arrived of bodies that nobody works on yet.
final class Admission: Sendable {
  private struct State {
    var requests = 0
    var arrivedBytes = 0
  }

  /// Bytes of each body that do not count: those of a question always find room.
  static let smallBytesMax = 64 << 10

  private let requestsMax: Int
  private let arrivingBytesMax: Int
  private let figures: GatewayFigures
  private let state = Mutex(State())

  init(_ limits: GatewayLimits, _ figures: GatewayFigures) {
    requestsMax = limits.requestsInFlight
    arrivingBytesMax = limits.arrivingBytes
    self.figures = figures
  }

  fileprivate func enter() -> Bool {
    let isAdmitted = state.withLock { state in
      guard state.requests < requestsMax else { return false }
      state.requests += 1
      return true
    }
    if isAdmitted { figures.change(.requests, by: 1) }
    return isAdmitted
  }

  fileprivate func leave() {
    state.withLock { $0.requests -= 1 }
    figures.change(.requests, by: -1)
  }

  fileprivate func hold(_ bytes: Int) -> Bool {
    state.withLock { state in
      guard state.arrivedBytes + bytes <= arrivingBytesMax else { return false }
      state.arrivedBytes += bytes
      return true
    }
  }

  fileprivate func release(_ bytes: Int) { state.withLock { $0.arrivedBytes -= bytes } }
}

/// The place of one request among those that are worked on.
final class RequestPlace: Sendable {
  /// That of the request whose task this is.
  @TaskLocal static var current: RequestPlace?

  private let admission: Admission
  private let isTaken = Mutex(false)

  init(_ admission: Admission) { self.admission = admission }

  /// Takes the place, unless the request has it.
  ///
  /// - Throws: ``GatewayError/overloaded(retryAfterSeconds:)`` when all are taken.
  func take() throws(GatewayError) {
    let hasPlace = isTaken.withLock { isTaken in
      if !isTaken { isTaken = admission.enter() }
      return isTaken
    }
    if !hasPlace { throw .overloaded(retryAfterSeconds: 1) }
  }

  /// Gives it back, if the request has it.
  func leave() {
    isTaken.withLock { isTaken in
      if isTaken { admission.leave() }
      isTaken = false
    }
  }

  /// What a body holds that begins to arrive.
  func bodyHold() -> BodyHold { BodyHold(admission) }
}

/// The bytes that have arrived of one body, counted until it is given up or handed on.
final class BodyHold {
  private let admission: Admission
  private var arrived = 0
  private var held = 0

  fileprivate init(_ admission: Admission) { self.admission = admission }

  deinit { admission.release(held) }

  /// Counts bytes that have arrived.
  ///
  /// - Throws: ``GatewayError/overloaded(retryAfterSeconds:)`` when bodies hold too many.
  func add(_ bytes: Int) throws(GatewayError) {
    arrived += bytes
    let wanted = max(0, arrived - Admission.smallBytesMax)
    guard admission.hold(wanted - held) else { throw .overloaded(retryAfterSeconds: 1) }
    held = wanted
  }
}

/// Answers 503 to requests beyond the number that may be worked on at a time; health and figures
/// are exempt. A request with a body has its place when that has arrived: who sends slowly keeps
/// nobody else waiting.
struct AdmissionMiddleware<Context: RequestContext>: RouterMiddleware {
  private let admission: Admission

  init(limits: GatewayLimits, figures: GatewayFigures) {
    admission = Admission(limits, figures)
  }

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path
    if path.hasPrefix("/health") || path == "/metrics" {
      return try await next(request, context)
    }
    let place = RequestPlace(admission)
    defer { place.leave() }
    if !Self.hasBody(request) { try place.take() }
    return try await RequestPlace.$current.withValue(place) { try await next(request, context) }
  }

  private static func hasBody(_ request: Request) -> Bool {
    request.headers[.transferEncoding] != nil || request.headers[.contentLength] ?? "0" != "0"
  }
}

/// Gives every request one deadline for all that is done for its sake, from when it has arrived.
struct DeadlineMiddleware<Context: RequestContext>: RouterMiddleware {
  let time: Duration

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    try await RequestDeadline.$current.withValue(RequestDeadline(in: time)) {
      try await next(request, context)
    }
  }
}
