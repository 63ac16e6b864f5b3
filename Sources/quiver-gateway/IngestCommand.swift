import ArgumentParser
import RAGGateway
import ServiceProcess

/// Uploads files and folders through a running gateway.
struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Upload text, Markdown and HTML files, or folders of them.",
    discussion: """
      What is stored already is recognised, so a run that broke off is simply started again. \
      Ends with 1 when a file failed.
      """)

  @Argument(help: "Files and folders (.txt, .md, .markdown, .html, .htm).")
  var paths: [String]

  @OptionGroup var options: SettingsOptions

  @Option(help: "Address of the gateway; the default follows APP_PORT.")
  var url: String?

  func run() async throws {
    var url = try url ?? options.load().localURL
    while url.hasSuffix("/") { url.removeLast() }
    do {
      let outcome = try await IngestRun.run(
        paths: paths, url: url, isTerminal: StandardError.isTerminal,
        write: { StandardError.write($0) })
      print(outcome.summary)
      if !outcome.succeeded { throw ExitCode.failure }
    } catch let error as IngestError {
      StandardError.write("\(error)\n")
      throw ExitCode.failure
    }
  }
}
