import CCurl
import Glibc
import Synchronization

/// When and how often a failed request is sent again.
///
/// Waits grow exponentially with full jitter: the wait before attempt `n + 1` is uniform between
/// zero and `min(maximumDelay, baseDelay · 2ⁿ⁻¹)`. A `Retry-After` of the server takes its place;
/// one beyond `maximumDelay`, or any wait beyond `patience`, ends the attempts: asking again too
/// early would not help.
public struct RetryPolicy: Sendable {
  /// Attempts in all; 1 means no retry.
  public var maximumAttempts = 5
  /// Upper bound of the first wait, in seconds.
  public var baseDelay = 0.5
  /// Upper bound of every wait, in seconds.
  public var maximumDelay = 30.0
  /// Seconds for all attempts and waits together; `nil` sets no bound.
  public var patience: Double?
  /// Seconds that an attempt has to have for itself: with less, the work would be given to the
  /// server and its answer never read.
  static let leastTime = 0.01
  /// Seconds that a server asks for: who asks for more says as much, and nobody has to reckon with
  /// them.
  private static let askedSecondsMax = 31_536_000.0
  /// Statuses that another attempt may cure.
  public var statuses: Set<Int> = [408, 429, 500, 502, 503, 504]
  /// Whether to try again when no connection came about: nothing was sent then.
  public var retriesConnectionFailures = true
  /// Whether to try again after a time-out or a broken connection: the server may have done the
  /// work already, so only for requests that may be done twice.
  public var retriesInterruptions = true

  /// Called before every attempt but the first.
  public var retried: @Sendable () -> Void = {}

  /// Five attempts, 0.5 s, at most 30 s.
  public init() {}

  /// Sends `request` until it succeeds, its failure is final or the attempts are used up: then the
  /// last response is returned, whatever its status, or the last error thrown.
  ///
  /// `sleep` waits the given number of seconds, and ends the retries as `cancelled` when it throws.
  public func run(
    _ client: HTTPClient, _ request: HTTPRequest, random: inout some RandomNumberGenerator,
    sleep: (Double) async throws -> Void
  ) async throws(HTTPClientError) -> HTTPResponse {
    let start = ContinuousClock.now
    return try await run(random: &random, sleep: sleep, now: Self.now) {
      () async throws(HTTPClientError) in
      try await client.send(timed(request, since: start))
    }
  }

  /// As the other `run`, with the system's random numbers and real waiting.
  public func run(
    _ client: HTTPClient, _ request: HTTPRequest
  ) async throws(HTTPClientError) -> HTTPResponse {
    var random = SystemRandomNumberGenerator()
    return try await run(client, request, random: &random) {
      try await Task.sleep(for: .seconds($0))
    }
  }

  /// As the other `run`, and hands the body of an answer with a status of 2xx to `sink` as it
  /// comes. Once anything of it was handed on there is no other attempt: it would be handed on
  /// twice.
  func run(
    _ client: HTTPClient, _ request: HTTPRequest, to sink: @escaping HTTPClient.Sink
  ) async throws(HTTPClientError) -> HTTPResponse {
    var random = SystemRandomNumberGenerator()
    let start = ContinuousClock.now
    let hasBegun = Mutex(false)
    return try await run(
      random: &random, sleep: { try await Task.sleep(for: .seconds($0)) }, now: Self.now,
      mayRepeat: { !hasBegun.withLock { $0 } },
      operation: { () async throws(HTTPClientError) in
        try await client.download(timed(request, since: start)) { bytes in
          hasBegun.withLock { $0 = true }
          return sink(bytes)
        }
      })
  }

  /// The request with the time that is left of our patience.
  private func timed(
    _ request: HTTPRequest, since start: ContinuousClock.Instant
  ) throws(HTTPClientError) -> HTTPRequest {
    guard let patience else { return request }
    let left = patience - (ContinuousClock.now - start) / .seconds(1)
    guard left > 0 else { throw HTTPClientError.timedOut }
    var request = request
    request.timeoutSeconds = min(request.timeoutSeconds, left)
    return request
  }

  /// The retry loop over any operation; `now` is the time in Unix seconds, and `mayRepeat` says
  /// whether what was done can be done again.
  package func run(
    random: inout some RandomNumberGenerator, sleep: (Double) async throws -> Void,
    now: () -> Int64, mayRepeat: () -> Bool = { true },
    operation: () async throws(HTTPClientError) -> HTTPResponse
  ) async throws(HTTPClientError) -> HTTPResponse {
    let start = ContinuousClock.now
    var attempt = 1
    while true {
      let outcome: Result<HTTPResponse, HTTPClientError>
      do {
        outcome = .success(try await operation())
      } catch {
        outcome = .failure(error)
      }
      guard attempt < maximumAttempts, isRetryable(outcome), mayRepeat() else {
        return try outcome.get()
      }
      var wait = longestDelay(afterAttempt: attempt) * Double.random(in: 0..<1, using: &random)
      if case .success(let response) = outcome,
        let asked = Self.retryAfter(response, now: now())
      {
        guard asked <= maximumDelay else { return response }
        wait = asked
      }
      if let patience {
        let left = patience - (ContinuousClock.now - start) / .seconds(1) - wait
        guard left >= Self.leastTime else { return try outcome.get() }
      }
      do {
        try await sleep(wait)
      } catch {
        throw .cancelled
      }
      attempt += 1
      retried()
    }
  }

  private func isRetryable(_ outcome: Result<HTTPResponse, HTTPClientError>) -> Bool {
    switch outcome {
    case .success(let response): statuses.contains(response.status)
    case .failure(.connectionFailed): retriesConnectionFailures
    case .failure(.timedOut), .failure(.interrupted): retriesInterruptions
    case .failure: false
    }
  }

  private func longestDelay(afterAttempt attempt: Int) -> Double {
    var delay = baseDelay
    for _ in 1..<attempt where delay < maximumDelay { delay *= 2 }
    return max(0, min(delay, maximumDelay))
  }

  /// The seconds from now that a response's `Retry-After` asks for; `nil` without one.
  static func retryAfter(_ response: HTTPResponse) -> Double? { retryAfter(response, now: now()) }

  /// The seconds that a `Retry-After` header asks for, given as a number or as a date.
  private static func retryAfter(_ response: HTTPResponse, now: Int64) -> Double? {
    guard let value = response.header("Retry-After") else { return nil }
    if let seconds = Int(value) {
      return seconds >= 0 ? min(Double(seconds), askedSecondsMax) : nil
    }
    // Only dates begin with a letter; libcurl's parser takes bare numbers for dates as well.
    guard value.utf8.first.map({ $0 >= UInt8(ascii: "A") }) == true else { return nil }
    let date = curl_getdate(value, nil)
    return date >= 0 ? min(Double(max(0, Int64(date) - now)), askedSecondsMax) : nil
  }

  private static func now() -> Int64 {
    Int64(time(nil))
  }
}

/// When all that is done for the sake of one request has to be over.
public final class RequestDeadline: Sendable {
  /// That of the request whose task this is; `nil` sets none.
  @TaskLocal public static var current: RequestDeadline?

  /// Seconds until then; `nil` without a deadline.
  public static var secondsLeft: Double? {
    current.map { ($0.end - ContinuousClock.now) / .seconds(1) }
  }

  private let time: Duration
  private let state: Mutex<ContinuousClock.Instant>

  /// A deadline so long from now.
  public init(in time: Duration) {
    self.time = time
    state = Mutex(ContinuousClock.now + time)
  }

  /// The moment.
  public var end: ContinuousClock.Instant { state.withLock { $0 } }

  /// The time begins anew: what passed of it until now was spent in waiting for the caller.
  public func restart() { state.withLock { $0 = ContinuousClock.now + time } }
}
