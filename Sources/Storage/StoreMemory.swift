/// What a store holds in memory, in bytes, for metrics.
public struct StoreMemory: Sendable, Equatable {
  /// Blocks in the cache.
  public var blockCache: Int
  /// Of those, blocks in use that can't be evicted.
  public var blockCachePinned: Int
  /// The capacity of the cache.
  public var blockCacheCapacity: Int
  /// Write buffers of all families, those being flushed or still read included.
  public var writeBuffers: Int
  /// Index and filter data of open tables outside the cache.
  public var tableReaders: Int
}
