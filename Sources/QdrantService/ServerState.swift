package import Replication
package import ServiceProcess
import Synchronization
public import VectorDB

/// Where the server is in its life; shared by the process that runs it and the request handlers.
///
/// The port is open before the database is, and stays open a little after readiness was
/// withdrawn, so that a load balancer sees the change before connections are refused.
public final class ServerState: Sendable {
  fileprivate enum Phase {
    case starting
    case serving(Database)
    case stopping(Database?)
  }

  private let phase = Mutex<Phase>(.starting)

  /// What administrators have been told of.
  let issues = IssueBoard()

  /// What the bodies of requests take their room from, whatever transport they come by.
  package let bodies: ByteBudget

  /// Answers over REST, counted by route.
  package let restAnswers = RequestMetrics()

  /// Answers over gRPC, counted by the path of the call.
  package let grpcAnswers = RequestMetrics()

  /// What large bodies take their room from while they are parsed.
  package let parsing = ParsingRoom()

  /// How the log of the database is shared; `nil` where it is not.
  package let replication: Replicator?

  /// Bytes of request bodies in memory now.
  public var requestBytes: Int { bodies.taken }

  /// A server whose database is not open yet.
  ///
  /// - Parameter bodyBytesMax: bytes of request bodies that may be in memory at once.
  public convenience init(bodyBytesMax: Int) {
    self.init(bodyBytesMax: bodyBytesMax, replication: nil)
  }

  /// A server whose database is not open yet, and whose log is shared if there is a replicator.
  package init(bodyBytesMax: Int, replication: Replicator?) {
    bodies = ByteBudget(capacity: bodyBytesMax)
    self.replication = replication
  }

  /// Makes the database available. Without effect once the server is stopping, except that the
  /// database is kept for ``openDatabase``.
  public func serve(_ database: Database) {
    phase.withLock { phase in
      if case .stopping = phase {
        phase = .stopping(database)
      } else {
        phase = .serving(database)
      }
    }
  }

  /// Takes the database away that ``serve(_:)`` made available, as another one is to come; requests
  /// are told that it is being opened.
  package func withdraw() {
    phase.withLock { phase in
      if case .stopping = phase { phase = .stopping(nil) } else { phase = .starting }
    }
  }

  /// Withdraws readiness; requests are still answered.
  public func beginStopping() {
    phase.withLock { $0 = .stopping($0.database) }
  }

  /// The database, when it is open.
  public var openDatabase: Database? { phase.withLock { $0.database } }

  /// Whether new clients should be sent here: all collections are loaded, and the store takes
  /// writes.
  public var isReady: Bool { obstacle == nil }

  /// Whether other servers may have the same log.
  package var isReplicated: Bool { replication != nil }

  /// Why writes should not be sent here; `nil` when they should.
  package var writeObstacle: String? { obstacle ?? replication?.obstacle }

  /// Why new clients should not be sent here; `nil` when they should.
  public var obstacle: String? {
    let (database, isStopping) = phase.withLock { phase in
      if case .stopping(let database) = phase { return (database, true) }
      return (phase.database, false)
    }
    if isStopping { return "the server is shutting down" }
    guard let database else { return "the data directory is being opened" }
    if let failure = database.failure { return "no writes are taken: \(failure)" }
    let progress = database.loadProgress
    if progress.isComplete { return nil }
    return "\(progress.loaded) of \(progress.total) collections are loaded"
  }

  /// The database.
  ///
  /// - Throws: ``ServiceError/starting`` before it is open.
  package func database() throws(ServiceError) -> Database {
    guard let database = openDatabase else { throw .starting }
    return database
  }
}

extension ServerState.Phase {
  fileprivate var database: Database? {
    switch self {
    case .starting: nil
    case .serving(let database): database
    case .stopping(let database): database
    }
  }
}
