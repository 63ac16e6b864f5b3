import HTTPTransfer

/// One ingestion through a gateway, from the command line.
public enum IngestRun {
  /// Brings the files at `paths` into the gateway at `url`, an address without a slash at its
  /// end. `write` takes progress with its own line ends.
  ///
  /// - Returns: the summary for people, and whether every file was brought in.
  /// - Throws: `IngestError.unreachable` when nobody answers at `url`.
  public static func run(
    paths: [String], url: String, isTerminal: Bool, write: @escaping @Sendable (String) -> Void
  ) async throws(IngestError) -> (summary: String, succeeded: Bool) {
    let client = HTTPClient()
    defer { client.shutdown() }
    var retry = RetryPolicy()
    retry.maximumAttempts = 4
    // Ten minutes: embedding a batch on a slow machine takes its time.
    let endpoint = JSONEndpoint(client: client, base: url, timeout: .seconds(600), retry: retry)
    let ingestor = Ingestor(
      uploader: GatewayClient(endpoint: endpoint),
      progress: ProgressBar(isTerminal: isTerminal, write: write))
    let report = try await ingestor.run(paths)
    return (report.text, report.failedFiles == 0)
  }
}
