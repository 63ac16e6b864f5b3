import Synchronization

/// What searches looked at, written down for those who ask.
///
/// Threads may share one. A search without one writes nothing down.
public final class SearchTrace: Sendable {
  /// One look at the rows, for one query.
  public struct Look: Sendable, Equatable {
    /// Lists that the index has; 0 where rows were looked at one by one.
    public var lists = 0
    /// Those of them that were read.
    public var probes = 0
    /// Entries in those, whose codes were compared; a row may have two.
    public var entries = 0
    /// Rows that were scored exactly, whether they exist for the reader or not.
    public var scored: Int

    /// A look at rows one by one.
    public init(scored: Int) { self.scored = scored }

    /// A look through the lists of an index.
    init(lists: Int, probes: Int, entries: Int, scored: Int) {
      self.init(scored: scored)
      self.lists = lists
      self.probes = probes
      self.entries = entries
    }
  }

  private let looks = Mutex<[Look]>([])

  /// One that nothing was written into.
  public init() {}

  /// Writes a look down.
  public func add(_ look: Look) { looks.withLock { $0.append(look) } }

  /// What was written down, and is forgotten with that.
  public func take() -> [Look] {
    looks.withLock { looks in
      defer { looks = [] }
      return looks
    }
  }
}
