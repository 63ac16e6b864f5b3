import HTTPTypes
import Hummingbird
import Synchronization

/// Answers a request that is sent again under the same `Idempotency-Key` as the first time, without
/// doing it again.
///
/// Answers are kept in memory: after a restart, a repetition is done again, which changes nothing.
final class IdempotencyKeys: Sendable {
  private struct Entry {
    let bodyHash: String
    let time: ContinuousClock.Instant
    /// `nil` while the first request is being worked on.
    var answer: [UInt8]?
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var order: [String] = []
  }

  /// Characters of an idempotency key.
  private static let keyCharactersMax = 255

  private let state = Mutex(State())
  private let count: Int
  private let age: Duration

  /// Keeps up to `count` answers for so long.
  init(count: Int, age: Duration) {
    self.count = count
    self.age = age
  }

  /// The answer that `work` makes, or made for the same body under the same key before.
  ///
  /// - Throws: `GatewayError.conflict` while the first request is worked on, `unprocessable` when
  ///   the key came with another body.
  func answer(
    _ request: Request, _ caller: Caller, _ body: [UInt8],
    work: () async throws(GatewayError) -> [UInt8]
  ) async throws(GatewayError) -> [UInt8] {
    guard let name = HTTPField.Name("idempotency-key"), let given = request.headers[name] else {
      return try await work()
    }
    guard (1...Self.keyCharactersMax).contains(given.count) else {
      throw .badRequest("An Idempotency-Key has 1 to \(Self.keyCharactersMax) characters")
    }
    let key = "\(caller.name) \(caller.tenant) \(request.uri.path) \(given)"
    if let known = try begin(key, bodyHash: ContentHash.sha256(body)) { return known }
    do throws(GatewayError) {
      let answer = try await work()
      state.withLock { $0.entries[key]?.answer = answer }
      return answer
    } catch {
      // A failure is no answer: the next attempt works anew.
      state.withLock { state in
        state.entries[key] = nil
        state.order.removeAll { $0 == key }
      }
      throw error
    }
  }

  private func begin(_ key: String, bodyHash: String) throws(GatewayError) -> [UInt8]? {
    let outcome: Result<[UInt8]?, GatewayError> = state.withLock { state in
      let now = ContinuousClock.now
      if let entry = state.entries[key], now - entry.time < age {
        guard entry.bodyHash == bodyHash else {
          return .failure(
            .unprocessable([
              FieldProblem(
                location: [.name("header"), .name("idempotency-key")],
                message: "This key came with another body before", type: "idempotency_key_reused")
            ]))
        }
        guard let answer = entry.answer else {
          return .failure(.conflict("The first request with this key is still being worked on"))
        }
        return .success(answer)
      }
      if state.entries[key] != nil { state.order.removeAll { $0 == key } }
      state.order.append(key)
      state.entries[key] = Entry(bodyHash: bodyHash, time: now)
      while state.order.count > count { state.entries[state.order.removeFirst()] = nil }
      return .success(nil)
    }
    return try outcome.get()
  }
}
