import Synchronization

/// Idle parsers, kept because a parser's buffers cost more to make than a small body to parse.
final class JSONParserPool: Sendable {
  static let shared = JSONParserPool()

  /// Idle parsers kept at most; more documents than this may be alive at once.
  private static let limit = 8
  /// Parsers grown for larger inputs, in bytes, are freed: one large body must not pin memory.
  private static let largestCapacity = 4 << 20

  private let idle = Mutex<[JSONParser]>([])

  /// An idle parser or a new one; `nil` when memory is exhausted.
  func take() -> JSONParser? {
    idle.withLock { $0.popLast() } ?? JSONParser()
  }

  func give(back parser: JSONParser) {
    guard parser.capacity <= Self.largestCapacity else { return }
    idle.withLock { idle in
      if idle.count < Self.limit { idle.append(parser) }
    }
  }
}
