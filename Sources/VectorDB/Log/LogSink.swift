/// Who is told what a database changes: see ``DatabaseOptions/log``.
package protocol LogSink: Sendable {
  /// Takes an entry: the bytes of a ``LogEntry``. Called for every number once and in their order,
  /// on the thread that commits, when the commit is as durable as the database makes it and before
  /// anyone sees it or is answered. So it must not block for long; a process that ends right before
  /// it leaves an entry that nobody was told of, which ``Database/lastEntry`` shows at the next
  /// start.
  func append(_ entry: [UInt8], number: UInt64)

  /// Takes the snapshot at `path`, which an entry to come refers to by its checksum. The file may
  /// be gone when this has returned. Called on the thread of snapshots, which may block.
  ///
  /// - Throws: ``CollectionError`` when it can't be kept: the recovery is refused with it.
  func keepSnapshot(at path: String, checksum: String) throws(CollectionError)
}
