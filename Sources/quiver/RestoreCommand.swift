import ArgumentParser
import HTTPTransfer
import Logging
import PointModel
import Replication
import ServiceProcess

/// Makes a data directory of what a server shipped to an object store.
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make a data directory of a backup in object storage, as it is or as it was.",
    discussion: """
      Reads the newest snapshot before the point in time, and the log after it. The key is read \
      from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Exit codes: 2 the \
      directory is not empty or an argument is wrong, 4 a later release wrote it, 5 the directory \
      can't be written, 6 what is in the store is damaged, 8 the point in time can't be restored.
      """)

  @Option(name: .long, help: "The backup, as s3://bucket/prefix.")
  var from: String

  @Option(name: .long, help: "The data directory to make; it must be missing or empty.")
  var to: String

  @Option(
    name: .long,
    help: """
      The point in time: as 2026-02-28T09:30:00Z or another time of RFC 3339, or the number of an \
      entry of the log (default: the last).
      """)
  var at: String?

  @OptionGroup var options: ObjectStoreOptions

  func run() async throws {
    let point = try Self.point(at)
    let client = options.client
    defer { client.shutdown() }
    let store = try options.store(from, client: client, attempts: 5)
    var logger = Logger(label: "quiver")
    logger.logLevel = .error
    let clock = ContinuousClock()
    let begun = clock.now
    let report: DatabaseRestore.Report
    do throws(BackupError) {
      report = try await DatabaseRestore(
        ObjectLog(store), to: to, at: point, logger: logger
      ).run()
    } catch {
      StandardError.say("quiver: cannot restore \(from): \(error)")
      throw Self.code(for: error)
    }
    print(Self.text(report, to, clock.now - begun))
  }

  private static func point(_ text: String?) throws -> PointInTime {
    guard let text else { return .latest }
    if let number = UInt64(text) { return .entry(number) }
    guard let moment = Datetime(text), moment.seconds >= 0 else {
      throw ValidationError("`\(text)` is neither the number of an entry nor a time of RFC 3339")
    }
    return .moment(UInt64(moment.microseconds / 1000))
  }

  private static func code(for error: BackupError) -> ExitCode {
    switch error {
    case .occupied: ServerExit.configuration
    case .newer: ServerExit.newerFormat
    case .database: ServerExit.notWritable
    case .damaged: ServerExit.damaged
    case .missing: ServerExit.noSuchPoint
    case .store, .numberTaken, .cancelled: ServerExit.failure
    }
  }

  private static func text(
    _ report: DatabaseRestore.Report, _ directory: String, _ time: Duration
  ) -> String {
    var parts: [String] = []
    if let snapshot = report.snapshot {
      parts.append(
        "snapshot \(snapshot.segment) of \(snapshot.moment) (entry \(snapshot.entry), "
          + "\(snapshot.files.count) files, \(snapshot.bytes) bytes)")
    }
    var log = "\(report.entries) entries of the log"
    if let time = report.committedAt {
      log += ", the last of \(StoredSnapshot.text(time))"
    }
    parts.append(log)
    return """
      restored entry \(report.entry) into \(directory): \(report.collections) collections with \
      \(report.points) points, from \(parts.joined(separator: " and ")), in \(time)
      """
  }
}
