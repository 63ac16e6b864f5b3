/// An ordered key-value store on disk: several column families, atomic batches, snapshots.
///
/// Keys and values are bytes; keys are ordered as unsigned bytes. All methods block and may be
/// called from any thread. After `close` they throw `StorageError.closed`.
public final class KeyValueStore: Sendable {
  let database: OpenDatabase

  /// Opens the store at `path`, and creates the directory and missing families.
  ///
  /// Families on disk that are not listed are opened too, with the `small` profile.
  ///
  /// - Throws: `busy` if the directory is open elsewhere, `notWritable` if it can't be created or
  ///   written, `corruption` if the files are damaged: only what was not synced may be missing at
  ///   the end of the write-ahead log.
  public init(
    path: String, columnFamilies: [ColumnFamily], options: StoreOptions = .init()
  ) throws(StorageError) {
    database = try OpenDatabase.open(
      path: path, columnFamilies: columnFamilies, options: options)
  }

  init(_ database: OpenDatabase) { self.database = database }

  /// The directory of the store.
  public var path: String { database.path }

  /// The first failure of a write or a sync. While it is not nil the store takes no writes, and a
  /// server is not ready.
  public var failure: String? { database.failure }

  /// Waits for the calls that are running, flushes all families, so that the next open has no log
  /// to replay, and closes. Calling it again does nothing.
  ///
  /// Snapshots end here. The directory stays locked until the last iterator is gone. Not to be
  /// called from within the body of `withValue` or `multiGet`, for which it would wait forever.
  public func close() {
    database.close()
  }

  /// The state as of now, for reading. On a closed store the snapshot is empty, and reading at it
  /// throws `closed`.
  public func snapshot() -> StoreSnapshot {
    StoreSnapshot(of: database)
  }
}
