#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Bounds on what one store may use, whatever the number of its column families.
public struct StoreOptions: Sendable, Equatable {
  /// Capacity of the LRU cache of uncompressed blocks, index blocks and filters, in bytes.
  public var blockCacheBytes: Int
  /// About what the write buffers of all families take together, in bytes: they are flushed at half
  /// of it. The write-ahead log, and with it the time to replay it, is bounded alike.
  public var writeBufferBytesTotal: Int
  /// Table files kept open at once.
  public var maxOpenFiles: Int
  /// Threads for flushes and compactions.
  public var backgroundJobs: Int

  /// Defaults for a server of two cores.
  public init(
    blockCacheBytes: Int = 64 << 20, writeBufferBytesTotal: Int = 128 << 20,
    maxOpenFiles: Int = Self.openFiles, backgroundJobs: Int = 2
  ) {
    self.blockCacheBytes = blockCacheBytes
    self.writeBufferBytesTotal = writeBufferBytesTotal
    self.maxOpenFiles = maxOpenFiles
    self.backgroundJobs = backgroundJobs
  }

  /// Enough for a large store; a quarter of the descriptors that the process may have, at most.
  public static var openFiles: Int {
    var limit = rlimit()
    let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    return isKnown ? min(512, Int(clamping: limit.rlim_cur / 4)) : 512
  }
}
