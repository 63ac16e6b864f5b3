import Synchronization

/// A bucket of tokens that holds those of one minute, and is refilled at an even pace.
struct RateLimiter {
  private let capacity: Double
  private var tokens: Double
  private var refilledAt: ContinuousClock.Instant

  /// A full bucket.
  init(perMinute: Int, now: ContinuousClock.Instant) {
    capacity = Double(perMinute)
    tokens = capacity
    refilledAt = now
  }

  /// Why tokens were not given.
  enum Refusal: Error {
    /// More than the bucket can hold.
    case tooMany
    case tooSoon(available: Double, retryAfterSeconds: Int)
  }

  /// Takes tokens, all or none.
  mutating func take(_ count: Int, now: ContinuousClock.Instant) throws(Refusal) {
    let wanted = Double(count)
    if wanted > capacity { throw .tooMany }
    let elapsed = (now - refilledAt) / .seconds(1)
    refilledAt = now
    tokens = min(capacity, tokens + capacity / 60 * elapsed)
    guard tokens >= wanted else {
      let seconds = (wanted - tokens) * 60 / capacity
      throw .tooSoon(available: tokens, retryAfterSeconds: Int(seconds.rounded(.up)))
    }
    tokens -= wanted
  }
}

/// The rates at which one collection answers reads and writes.
final class RateLimits: Sendable {
  enum Kind: String {
    case read = "Read"
    case write = "Write"
  }

  private let limiters = Mutex<[Kind: RateLimiter]>([:])
  private let clock: @Sendable () -> ContinuousClock.Instant

  init(clock: @escaping @Sendable () -> ContinuousClock.Instant) {
    self.clock = clock
  }

  /// Begins anew with the rates of `strictMode`; none for `nil`.
  func configure(readsPerMinute: Int?, writesPerMinute: Int?) {
    let now = clock()
    let read = readsPerMinute.map { RateLimiter(perMinute: $0, now: now) }
    let write = writesPerMinute.map { RateLimiter(perMinute: $0, now: now) }
    limiters.withLock { limiters in
      limiters[.read] = read
      limiters[.write] = write
    }
  }

  /// Whether requests of this kind are limited, and so what they cost is of interest.
  func areLimited(_ kind: Kind) -> Bool { limiters.withLock { $0[kind] != nil } }

  /// Takes what a request costs.
  func take(_ cost: Int, for kind: Kind) throws(CollectionError) {
    do throws(RateLimiter.Refusal) {
      try limiters.withLock { limiters throws(RateLimiter.Refusal) in
        try limiters[kind]?.take(cost, now: clock())
      }
    } catch {
      switch error {
      case .tooMany:
        throw .rateLimited(
          """
          \(kind.rawValue) rate limit exceeded, request larger than rate limiter capacity, \
          please try to split your request
          """, retryAfterSeconds: nil)
      case .tooSoon(let available, let seconds):
        throw .rateLimited(
          """
          \(kind.rawValue) rate limit exceeded: Operation requires \(cost) tokens but only \
          \(Self.tenths(available)) were available. Retry after \(seconds)s
          """, retryAfterSeconds: seconds)
      }
    }
  }

  /// With one digit behind the point.
  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
