/// Who is asked about, and told, what a database changes: see ``DatabaseOptions/log``.
package protocol LogSink: Sendable {
  /// Whether changes that callers ask for are taken now. Called on any task, before a change is
  /// worked on; must not block.
  ///
  /// - Throws: ``CollectionError`` when they are not, which the caller is told.
  func admit() throws(CollectionError)

  /// Asks whether an entry may be committed: the bytes of a ``LogEntry``. Called on the thread that
  /// commits, before anything of the commit is written; all that is to be committed waits
  /// meanwhile. ``append(_:number:)`` or ``withdraw(_:number:)`` of the same number follows.
  ///
  /// - Throws: ``CollectionError`` when it may not: nothing of it is written, its callers are told,
  ///   and another entry may be asked about with the same number.
  func prepare(_ entry: [UInt8], number: UInt64) throws(CollectionError)

  /// Takes an entry. Called for every number once and in their order, on the thread that commits,
  /// when the commit is as durable as the database makes it and before anyone sees it or is
  /// answered. So it must not block for long; a process that ends right before it leaves an entry
  /// that nobody was told of, which ``Database/lastEntry`` shows at the next start.
  func append(_ entry: [UInt8], number: UInt64)

  /// Hears that an entry that was asked about could not be written.
  ///
  /// - Returns: what its callers are told instead of the reason: a log that has the entry can't
  ///   take it back. `nil` when nothing is left of it.
  func withdraw(_ entry: [UInt8], number: UInt64) -> CollectionError?

  /// Takes the snapshot at `path`, which an entry to come refers to by its checksum. The file may
  /// be gone when this has returned. Called on the thread of snapshots, which may block.
  ///
  /// - Throws: ``CollectionError`` when it can't be kept: the recovery is refused with it.
  func keepSnapshot(at path: String, checksum: String) throws(CollectionError)
}

/// A sink that is only told takes all there is.
extension LogSink {
  /// Changes are taken.
  package func admit() throws(CollectionError) {}

  /// It may be committed.
  package func prepare(_ entry: [UInt8], number: UInt64) throws(CollectionError) {}

  /// Nothing is left of it.
  package func withdraw(_ entry: [UInt8], number: UInt64) -> CollectionError? { nil }
}
