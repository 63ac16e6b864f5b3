/// How a ``Database`` is opened.
public struct DatabaseOptions: Sendable {
  /// When a write reaches the disk.
  public var durability: Durability
  /// Threads that searches and other blocking reads run on.
  public var searchThreads: Int
  /// Threads that build an index of vectors: one, or two, of which the second works where nobody
  /// reads.
  public var buildThreads: Int
  /// The bounds of the engine.
  public var limits: Limits
  /// Whether a database is open before its collections are in memory; each then serves as soon as
  /// it is, and requests to others wait a little.
  public var loadsInBackground: Bool
  /// Bytes of requests that the caller holds in memory now, which count against the memory limit.
  public var requestBytes: @Sendable () -> Int
  /// Gives what is free of the heap back to the system; called after work that was given up for
  /// want of memory.
  public var giveMemoryBack: @Sendable () -> Void

  /// Who is told what the database changes; `nil`, as it is unless somebody asks, costs nothing.
  package var log: (any LogSink)?
  /// What rates of requests are counted by.
  package var rateClock: @Sendable () -> ContinuousClock.Instant = { .now }

  /// Options; without arguments, those of a small server whose writes are synced.
  public init(
    durability: Durability = .sync, searchThreads: Int = 2, buildThreads: Int = 2,
    limits: Limits = Limits(),
    loadsInBackground: Bool = false,
    requestBytes: @escaping @Sendable () -> Int = { 0 },
    giveMemoryBack: @escaping @Sendable () -> Void = {}
  ) {
    self.durability = durability
    self.searchThreads = searchThreads
    self.buildThreads = buildThreads
    self.limits = limits
    self.loadsInBackground = loadsInBackground
    self.requestBytes = requestBytes
    self.giveMemoryBack = giveMemoryBack
  }
}

/// When a write reaches the disk.
public enum Durability: Sendable, Equatable {
  /// Before it is answered.
  case sync
  /// At most this many milliseconds after it was answered; a crash of the process alone loses
  /// nothing, a power failure may lose that much.
  case interval(milliseconds: Int)
}
