import Synchronization

/// Idle parsers, kept because a parser's buffers cost more to make than a small body to parse.
///
/// One parser of larger buffers is kept as well while large bodies follow one another: fresh pages
/// cost a third of the time that parsing them takes.
public final class JSONParserPool: Sendable {
  /// The pool that all documents share.
  public static let shared = JSONParserPool()

  /// Idle parsers that are kept; more documents than this may be alive at once.
  private static let parsersMax = 8
  /// Parsers for inputs up to this many bytes are small.
  private static let smallCapacity = 4 << 20
  /// Bytes of the longest input that an idle parser is kept for.
  private static let capacityMax = 32 << 20

  private struct Idle {
    var small: [JSONParser] = []
    var large: JSONParser?
    /// Whether the large one was given back since it was last asked.
    var isLargeFresh = false
  }

  private let idle = Mutex(Idle())

  /// An idle parser or a new one for an input of `count` bytes; `nil` when memory is exhausted.
  func take(forInputOf count: Int) -> JSONParser? {
    let parser = idle.withLock { idle -> JSONParser? in
      if count <= Self.smallCapacity { return idle.small.popLast() }
      defer { idle.large = nil }
      return idle.large
    }
    return parser ?? JSONParser()
  }

  func give(back parser: JSONParser) {
    if parser.capacity > Self.capacityMax { return }
    // What is replaced is freed outside of the lock.
    var replaced: JSONParser?
    idle.withLock { idle in
      if parser.capacity > Self.smallCapacity {
        replaced = idle.large
        idle.large = parser
        idle.isLargeFresh = true
      } else if idle.small.count < Self.parsersMax {
        idle.small.append(parser)
      }
    }
    _ = consume replaced
  }

  /// Frees the large parser if it was not used since the last call: to be called now and then, so
  /// that a large body does not pin memory.
  public func releaseUnused() {
    var unused: JSONParser?
    idle.withLock { idle in
      if idle.isLargeFresh {
        idle.isLargeFresh = false
      } else {
        unused = idle.large
        idle.large = nil
      }
    }
    _ = consume unused
  }
}
