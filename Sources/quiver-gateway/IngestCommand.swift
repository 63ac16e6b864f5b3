import ArgumentParser
import RAGGateway
import ServiceProcess

/// Uploads files and folders through a running gateway.
struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Upload documents, or folders of them.",
    discussion: """
      Read are text, Markdown, HTML, CSV, JSON, notebooks and e-mail; PDF with pdftotext \
      (poppler-utils), manual pages with man, and DOCX, ODT, EPUB, RTF, RST, Org and LaTeX with \
      pandoc, where these are installed. What is stored already is recognised, so a run that \
      broke off is simply started again; what a document no longer has is removed. Ends with 1 \
      when a file failed.
      """)

  @Argument(help: "Files and folders.")
  var paths: [String]

  @Flag(help: "Stay, and bring in again what changes; what is gone is removed.")
  var watch = false

  @OptionGroup var gateway: GatewayOptions

  func run() async throws {
    do {
      if watch {
        try await IngestRun.watch(
          paths: paths, gateway: gateway.address(),
          write: { StandardError.write($0) }, told: { StandardError.write("\($0)\n") })
        return
      }
      let outcome = try await IngestRun.run(
        paths: paths, gateway: gateway.address(),
        isTerminal: StandardError.isTerminal, write: { StandardError.write($0) })
      print(outcome.summary)
      if !outcome.succeeded { throw ExitCode.failure }
    } catch let error as IngestError {
      StandardError.write("\(error)\n")
      throw ExitCode.failure
    }
  }
}
