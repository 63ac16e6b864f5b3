/// Why a server can't share its log, or not any more.
package enum ReplicationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Its settings say what can't be.
  case settings(String)
  /// The file in the data directory can't be used.
  case record(String)
  /// The store does not do what a log relies on, or refuses.
  case store(String)
  /// What lies in the store is damaged.
  case damaged(String)
  /// A later release has written what is there.
  case newer(String)
  /// The log is not that of this database, or somebody else has gone on with it.
  case foreign(String)
  /// The store can't be reached, or not just now.
  case unreachable(String)

  /// A sentence without a full stop.
  package var description: String {
    switch self {
    case .settings(let what), .record(let what), .store(let what), .damaged(let what),
      .newer(let what), .foreign(let what), .unreachable(let what):
      what
    }
  }
}
