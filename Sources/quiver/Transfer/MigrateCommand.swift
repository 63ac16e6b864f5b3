import ArgumentParser
import DataTransfer
import HTTPTransfer

/// Copies collections between two servers.
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Copy collections from one Qdrant-compatible server to another, and compare them.",
    discussion: """
      Copies configuration, payload indexes, points and aliases, then compares number and \
      contents of both sides. What the target does not know is told and left out. A run that \
      broke off is simply started again. Keys are taken from QUIVER_FROM_API_KEY and \
      QUIVER_TO_API_KEY, or from the files that …_FILE names.
      """)

  @Option(name: .long, help: "The server to copy from.")
  var from: String

  @Option(name: .long, help: "The server to copy to; the default follows the settings here.")
  var to: String?

  @Option(name: .long, help: "A collection to copy, may be given several times; or else all.")
  var collection: [String] = []

  @Option(name: .long, help: RemoteOptions.caHelp)
  var ca: String?

  @Option(name: .long, help: "Points in one request.")
  var batch = 256

  @Option(name: .long, help: "The file that remembers progress.")
  var checkpoint = "quiver-migrate.json"

  @Flag(name: .long, help: "Begin anew, whatever an earlier run has done.")
  var restart = false

  @Flag(name: .long, help: "Copy into collections that the target has already, too.")
  var addToExisting = false

  func run() async throws {
    var job = MigrationJob()
    job.collections = collection
    job.batch = batch
    job.checkpoint = checkpoint
    job.restarts = restart
    job.addsToExisting = addToExisting
    let final = job
    let client = RemoteOptions.client(ca, asking: [from, to])
    let source = try RemoteOptions.server(from, keyIn: "QUIVER_FROM_API_KEY", client: client)
    let target = try RemoteOptions.server(to, keyIn: "QUIVER_TO_API_KEY", client: client)
    try await RemoteOptions.run(client) { progress throws(TransferError) in
      try await final.run(from: source, to: target, progress: progress)
    }
  }
}
