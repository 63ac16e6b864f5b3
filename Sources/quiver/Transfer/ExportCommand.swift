import ArgumentParser
import DataTransfer
import HTTPTransfer

/// Writes the points of a collection into a file.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write all points of a collection of a running server into a .jsonl file.",
    discussion: """
      Beside FILE comes FILE.collection.json, from which an import makes the collection anew. \
      Until it is complete the file ends in .partial; a run that broke off is simply started \
      again. The key of the server is taken from QUIVER_API_KEY or QUIVER_API_KEY_FILE.
      """)

  @Argument(help: "The file to write; it must not be there.")
  var file: String

  @Option(name: .long, help: "The collection.")
  var collection: String

  @Option(name: .long, help: "The server; the default follows the settings of this machine.")
  var url: String?

  @Option(name: .long, help: RemoteOptions.caHelp)
  var ca: String?

  @Option(name: .long, help: "Points in one request.")
  var batch = 256

  @Flag(name: .long, help: "Begin anew, whatever an earlier run has written.")
  var restart = false

  func run() async throws {
    var job = ExportJob(path: file, collection: collection)
    job.batch = batch
    job.restarts = restart
    let final = job
    let client = RemoteOptions.client(ca, asking: [url])
    let server = try RemoteOptions.server(url, keyIn: "QUIVER_API_KEY", client: client)
    try await RemoteOptions.run(client) { progress throws(TransferError) in
      try await final.run(from: server, progress: progress)
    }
  }
}
