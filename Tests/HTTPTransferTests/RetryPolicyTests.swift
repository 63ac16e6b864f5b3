import HTTPTransfer
import Testing

@Suite struct RetryPolicyTests {
  /// Always the same bits: all ones give the upper end of a range, zeros the lower.
  struct ConstantGenerator: RandomNumberGenerator {
    var bits: UInt64
    mutating func next() -> UInt64 { bits }
  }

  struct Run {
    var waits: [Double] = []
    var attempts = 0
    var outcome: Result<HTTPResponse, HTTPClientError>
  }

  static let now: Int64 = 784_111_777  // Sun, 06 Nov 1994 08:49:37 GMT

  /// Runs `policy` over the outcomes, the last of which repeats; waiting only writes down.
  static func run(
    _ outcomes: [Result<HTTPResponse, HTTPClientError>],
    policy: RetryPolicy = RetryPolicy(), bits: UInt64 = .max
  ) async -> Run {
    var random = ConstantGenerator(bits: bits)
    var run = Run(outcome: .failure(.cancelled))
    var waits: [Double] = []
    var attempts = 0
    let sleep: (Double) async throws -> Void = { waits.append($0) }
    let clock = { Self.now }
    do {
      run.outcome = .success(
        try await policy.run(random: &random, sleep: sleep, now: clock) {
          () async throws(HTTPClientError) in
          defer { attempts += 1 }
          return try outcomes[min(attempts, outcomes.count - 1)].get()
        })
    } catch {
      run.outcome = .failure(error)
    }
    run.waits = waits
    run.attempts = attempts
    return run
  }

  static func response(_ status: Int, retryAfter: String? = nil) -> HTTPResponse {
    HTTPResponse(status: status, headers: retryAfter.map { [("retry-after", $0)] } ?? [])
  }

  @Test func `success needs one attempt`() async throws {
    let run = await Self.run([.success(Self.response(200))])
    #expect(run.attempts == 1 && run.waits.isEmpty)
    #expect(try run.outcome.get().status == 200)
  }

  @Test func `waits double up to the longest`() async throws {
    var policy = RetryPolicy()
    policy.maximumAttempts = 9
    let run = await Self.run([.success(Self.response(503))], policy: policy)
    #expect(run.attempts == 9)
    #expect(try run.outcome.get().status == 503)
    for (found, expected) in zip(run.waits, [0.5, 1, 2, 4, 8, 16, 30, 30]) {
      #expect(abs(found - expected) < 1e-9)
    }
    #expect(run.waits.count == 8)
  }

  @Test func `jitter goes down to zero`() async {
    let run = await Self.run([.success(Self.response(500))], bits: 0)
    #expect(run.waits == [0, 0, 0, 0])
  }

  @Test(arguments: [408, 429, 500, 502, 503, 504]) func `is tried again`(status: Int) async {
    let run = await Self.run([.success(Self.response(status)), .success(Self.response(200))])
    #expect(run.attempts == 2)
  }

  @Test(arguments: [200, 204, 302, 400, 401, 403, 404, 409, 422, 501])
  func `is final`(status: Int) async {
    #expect(await Self.run([.success(Self.response(status))]).attempts == 1)
  }

  @Test func `errors are tried again as configured`() async {
    let passing: [HTTPClientError] = [.connectionFailed(""), .timedOut, .interrupted("")]
    let final: [HTTPClientError] = [
      .cancelled, .invalidURL, .tooLarge, .tls(""), .invalidRequest(""),
    ]
    for error in passing { #expect(await Self.run([.failure(error)]).attempts == 5) }
    for error in final { #expect(await Self.run([.failure(error)]).attempts == 1) }
    var policy = RetryPolicy()
    policy.retriesInterruptions = false
    #expect(await Self.run([.failure(.timedOut)], policy: policy).attempts == 1)
    #expect(await Self.run([.failure(.connectionFailed(""))], policy: policy).attempts == 5)
    policy.retriesConnectionFailures = false
    #expect(await Self.run([.failure(.connectionFailed(""))], policy: policy).attempts == 1)
  }

  @Test(arguments: [
    ("7", 7.0), ("0", 0), ("30", 30), ("Sun, 06 Nov 1994 08:49:49 GMT", 12),
    ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
    ("-3", 0.5), ("soon", 0.5), ("99999999999999999999", 0.5), ("", 0.5),
  ])
  func `Retry-After is obeyed`(value: String, wait: Double) async {
    let run = await Self.run([
      .success(Self.response(429, retryAfter: value)), .success(Self.response(200)),
    ])
    #expect(run.waits.count == 1)
    #expect(abs((run.waits.first ?? -1) - wait) < 1e-9)
  }

  @Test(arguments: ["31", "100000", "Mon, 07 Nov 1994 08:49:37 GMT"])
  func `a wait that is too long ends the attempts`(value: String) async {
    let run = await Self.run([
      .success(Self.response(429, retryAfter: value)), .success(Self.response(200)),
    ])
    #expect(run.attempts == 1)
    #expect(run.waits.isEmpty)
  }

  /// Of `askedSecondsMax`.
  @Test(arguments: [
    ("31535999", 31_535_999.0), ("31536000", 31_536_000), ("31536001", 31_536_000),
    ("Sat, 01 Jan 2000 00:00:00 GMT", 31_536_000),
  ])
  func `nobody is waited for longer than a year`(value: String, seconds: Double) async {
    var policy = RetryPolicy()
    policy.maximumDelay = .infinity
    let run = await Self.run(
      [.success(Self.response(429, retryAfter: value)), .success(Self.response(200))],
      policy: policy)
    #expect(run.waits == [seconds])
  }

  @Test func `an attempt that could not be answered in time is not made`() async {
    var policy = RetryPolicy()
    policy.patience = 0.009
    let late = await Self.run([.failure(.timedOut)], policy: policy, bits: 0)
    #expect(late.attempts == 1 && late.waits.isEmpty)
    policy.patience = 600
    #expect(await Self.run([.failure(.timedOut)], policy: policy, bits: 0).attempts == 5)
  }

  @Test func `an interrupted wait is a cancellation`() async {
    struct Woken: Error {}
    let wake: (Double) async throws -> Void = { _ in throw Woken() }
    let clock = { Int64(0) }
    var random = ConstantGenerator(bits: 0)
    await #expect(throws: HTTPClientError.cancelled) {
      try await RetryPolicy().run(random: &random, sleep: wake, now: clock) {
        () async throws(HTTPClientError) in Self.response(503)
      }
    }
  }

  @Test func `a failing server is asked as often as allowed`() async throws {
    let server = try ScriptedServer { _ in
      [.send("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")]
    }
    var policy = RetryPolicy()
    policy.maximumAttempts = 3
    var random = ConstantGenerator(bits: 0)
    var waits: [Double] = []
    let response = try await policy.run(
      HTTPClient(), HTTPRequest(url: server.url), random: &random, sleep: { waits.append($0) })
    #expect(response.status == 503)
    #expect(waits == [1, 1])
    #expect(server.requests.count == 3)
  }
}
