import ArgumentParser
import FastJSON
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import OutageLogging
import QdrantREST
import QdrantService
import Replication
import RequestTracing
import ServiceLifecycle
import UnixSignals
import VectorDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One run of the server, from the first accepted connection to the last flushed byte.
///
/// The port opens at once, while the database is still being opened; readiness tells the two
/// apart. On SIGTERM or SIGINT readiness is withdrawn first, then the port closes, requests in
/// flight finish or, if they take long, are told to end, and the database is flushed and closed,
/// all within ten seconds.
struct Server {
  let settings: ServerSettings
  /// The snapshot to begin with.
  let snapshot: String?
  let logger: Logger
  let commit: String

  /// Milliseconds after which a server that ends tells reads and updates that take long to do so.
  private static let longWorkMilliseconds = 2500
  /// Milliseconds after which a server that ends cuts off requests that still run.
  private static let requestsMilliseconds = 5000
  /// Milliseconds after which it closes the database although connections still hang.
  private static let connectionsMilliseconds = 6500
  /// Milliseconds after which the process ends although the database could not be closed.
  private static let shutdownMilliseconds = 9500
  /// Milliseconds after which what is left is not shipped any more.
  private static let shippingMilliseconds = 8500
  /// Milliseconds that requests in flight are given at least after the port was closed.
  private static let leastRequestsMilliseconds = 500

  /// How often the heap gives back what it does not need.
  private static let trimEvery = Duration.seconds(2)

  func run() async throws {
    // Before the port opens: a server that can't begin with what it was given never answers.
    if let snapshot { try await restore(snapshot) }
    let state = ServerState(
      bodyBytesMax: settings.maxInflightMB << 20, replication: try replicator())
    let database = DatabaseService(settings: settings, state: state, logger: logger)
    let certificates = try ServerCertificates(settings)
    let tracing = ProcessTracing(settings.tracing, version: Release.version, logger: logger)
    let api = QdrantService(
      state: state, snapshotFolder: settings.snapshotFolder, keys: settings.accessKeys,
      audit: try audit(), tracer: tracing.tracer, logger: logger)
    let rest = RESTApplication(api, settings: settings, logger: logger, commit: commit)
    let application = rest.application(
      certificate: certificates?.rest,
      onListening: { port in await database.startedListening(port: port) })
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
    // What comes first is stopped last.
    if let exporter = tracing.exporter { services.append(.init(service: exporter)) }
    services.append(.init(service: listening(application, settings.httpPort)))
    if let certificates { services.append(.init(service: certificates.renewal(logger))) }
    if let port = settings.metricsPort {
      services.append(.init(service: listening(rest.metricsApplication(port: port), port)))
    }
    if let port = settings.grpcPort {
      let service = GRPCService(
        api, port: port, settings: settings, places: rest.places,
        certificate: certificates?.grpc, commit: commit, logger: logger)
      services.append(.init(service: listening(service, port)))
    }
    services.append(
      .init(service: database, successTerminationBehavior: .gracefullyShutdownGroup))
    var configuration = ServiceGroupConfiguration(
      services: services,
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger))
    let grace = settings.shutdownGraceMilliseconds
    configuration.maximumGracefulShutdownDuration =
      .milliseconds(max(Self.requestsMilliseconds, grace + Self.leastRequestsMilliseconds))
    let group = ServiceGroup(configuration: configuration)
    database.onOpenFailure = { error in
      // Ends the process here: cancelling the HTTP server while a probe connects would crash it.
      logger.critical("\(Self.explain(error))")
      _exit(ServerExit.code(for: error).rawValue)
    }
    let stopping = Stopping()
    database.onStopping = {
      stopping.begin(late: Task.detached { await self.endInTime(state, stopping) })
      self.endAtLast()
    }
    let trimming = Task.detached { await Self.trimHeap() }
    defer { trimming.cancel() }
    let outcome: Result<Void, any Error>
    do {
      try await group.run()
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await stopping.waitUnlessFirst()
    await state.openDatabase?.close()
    await ship(state, since: stopping.since)
    if database.wasToldToStop {
      // Requests that had to be cut off are no failure of the shutdown.
      logger.notice("stopped")
      return
    }
    try outcome.get()
  }

  /// Gives back what the heap does not need, until the task is cancelled.
  private static func trimHeap() async {
    var free = 0
    while (try? await Task.sleep(for: trimEvery)) != nil {
      let seen = free
      let trim = { @Sendable in
        JSONParserPool.shared.releaseUnused()
        return HeapSettings.trim(after: seen)
      }
      free = (try? await NIOSingletons.posixBlockingThreadPool.runIfActive(trim)) ?? seen
    }
  }

  /// Has what takes long end, and closes the database also when connections hang, unless somebody
  /// else does already.
  private func endInTime(_ state: ServerState, _ stopping: Stopping) async {
    let longWorkMilliseconds = max(Self.longWorkMilliseconds, settings.shutdownGraceMilliseconds)
    try? await Task.sleep(for: .milliseconds(longWorkMilliseconds))
    state.openDatabase?.stopLongWork()
    try? await Task.sleep(for: .milliseconds(Self.connectionsMilliseconds - longWorkMilliseconds))
    guard stopping.isFirst() else { return }
    await state.openDatabase?.close()
    await state.replication?.stop(
      within: .milliseconds(Self.shippingMilliseconds - Self.connectionsMilliseconds))
    logger.notice("stopped, with connections that did not end")
    _exit(0)
  }

  /// Ends the process when its time is over: on a thread of its own, for when no other runs.
  private func endAtLast() {
    _ = NativeThread { [logger] in
      usleep(UInt32(Self.shutdownMilliseconds) * 1000)
      logger.critical("something did not stop in time; ending without having closed the database")
      _exit(ServerExit.failure.rawValue)
    }
  }

  /// Ships what the closed database still has to.
  ///
  /// - Parameter stopping: when the server was told to stop.
  private func ship(_ state: ServerState, since stopping: ContinuousClock.Instant?) async {
    let spent = stopping.map { ContinuousClock.now - $0 } ?? .zero
    await state.replication?.stop(
      within: max(.zero, .milliseconds(Self.shippingMilliseconds) - spent))
  }

  private func replicator() throws(ReplicationError) -> Replicator? {
    guard var replication = settings.replication else { return nil }
    replication.plan.complete(
      besides: settings.localURL, grpcPort: settings.grpcPort)
    return try Replicator(
      replication, directory: settings.storagePath, peers: settings.peerTrust, logger: logger)
  }

  private func audit() throws(AuditFault) -> AuditLog? {
    guard let audit = settings.audit else { return nil }
    let notes = OutageNotes("lines of the audit log are lost", logger: logger)
    return try AuditLog(audit, form: .json) { notes.failed($0, level: .error) }
  }

  private func restore(_ snapshot: String) async throws {
    let path = settings.storagePath
    try await NIOSingletons.posixBlockingThreadPool.runIfActive {
      do throws(CollectionError) {
        try Database.restore(snapshot: snapshot, into: path)
      } catch {
        throw RestoreError(
          path: snapshot, reason: error, isNewer: Database.isNewer(snapshot: snapshot))
      }
    }
    logger.notice("restored", metadata: ["snapshot": "\(snapshot)", "into": "\(path)"])
  }

  /// What went wrong, in words for whoever operates the server.
  static func explain(_ error: any Error) -> String {
    if let error = error as? DatabaseError, case .damaged = error {
      return """
        \(error). `quiver repair` with the same settings saves what can be read and says what is \
        lost
        """
    }
    return "\(error)"
  }

  private func listening<Base: Service>(_ base: Base, _ port: Int) -> ListeningService<Base> {
    ListeningService(base, on: settings.host, port: port, logger: logger)
  }

  private func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    if logger.logLevel >= .info { logger.logLevel = .error }
    return logger
  }
}
