import ArgumentParser
import DataTransfer
import HTTPTransfer

/// Brings points from a file into a collection.
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Bring points from a .jsonl or .npy file into a collection of a running server.",
    discussion: """
      A line of a .jsonl file is {"id": 1, "vector": [0.1, …], "payload": {…}}. A .npy file holds \
      one vector a row; --payloads names a file with one object a line. The collection is made \
      when it is not there. A run that broke off is simply started again: it goes on where it \
      stood. The key of the server is taken from QUIVER_API_KEY or QUIVER_API_KEY_FILE.
      """)

  @Argument(help: "The file.")
  var file: String

  @Option(name: .long, help: "The collection.")
  var collection: String

  @Option(name: .long, help: "The server; the default follows the settings of this machine.")
  var url: String?

  @Option(name: .long, help: "Payloads of the rows of a .npy file, one object a line.")
  var payloads: String?

  @Option(name: .long, help: "The name of the vector that the rows of a .npy file are.")
  var vectorName: String?

  @Option(name: .long, help: "The distance of a collection that is made.")
  var distance = "Cosine"

  @Option(name: .long, help: "The id of the first row of a .npy file; the others follow.")
  var firstID: UInt64 = 0

  @Option(name: .long, help: RemoteOptions.caHelp)
  var ca: String?

  @Option(name: .long, help: "Points in one request.")
  var batch = 256

  @Option(name: .long, help: "The file that remembers progress; beside the imported one.")
  var checkpoint: String?

  @Flag(name: .long, help: "Begin anew, whatever an earlier run has done.")
  var restart = false

  func run() async throws {
    var job = ImportJob(path: file, collection: collection)
    job.payloads = payloads
    job.vectorName = vectorName
    job.distance = distance
    job.firstID = firstID
    job.batch = batch
    job.checkpoint = checkpoint
    job.restarts = restart
    let final = job
    let client = RemoteOptions.client(ca, asking: [url])
    let server = try RemoteOptions.server(url, keyIn: "QUIVER_API_KEY", client: client)
    try await RemoteOptions.run(client) { progress throws(TransferError) in
      try await final.run(into: server, progress: progress)
    }
  }
}
