import FoundationEssentials
package import HTTPTransfer
public import Logging
import QdrantClient
import SentenceEmbedding
import ServiceProcess

/// Builds the parts of a gateway that its settings ask for.
public final class GatewayAssembly: Sendable {
  /// The parts.
  public let services: GatewayServices
  /// The store among them.
  let store: QdrantStore
  private let client: HTTPClient
  private let localEmbedder: LocalEmbedder?

  /// Opens the model and the prompt and prepares the connections; makes none. Blocks for some
  /// hundred milliseconds when the model is local.
  ///
  /// - Throws: `GatewayStartError` for a model or a prompt that is missing or unusable.
  public init(settings: GatewaySettings, logger: Logger) throws(GatewayStartError) {
    let limits = settings.access.limits
    let figures = GatewayFigures()
    client = HTTPClient(trust: HTTPTrust(authorities: settings.store.authorities))
    // A store that is down should be reported soon: the caller can retry as well.
    let server = Self.server(settings.store, client: client, limits: limits)
    store = QdrantStore(QdrantCollection(settings.store.collection, on: server))

    let embedder: any Embedder
    switch settings.embedding.provider {
    case .local:
      let local = try Self.openModel(settings, figures)
      localEmbedder = local
      embedder = local
    case .openai:
      localEmbedder = nil
      var retry = RetryPolicy()
      retry.retried = { figures.add(to: .embeddingRetries) }
      embedder = OpenAIEmbedder(
        endpoint: JSONEndpoint(
          client: client, base: settings.embedding.baseURL,
          credential: settings.embedding.apiKey.map { .bearer($0) },
          timeout: settings.embedding.timeout, retry: retry,
          replyBytes: limits.replyBytes, current: { RequestID.headers }),
        model: settings.embedding.model, expectedDimension: settings.store.vectorSize,
        batch: settings.embedding.batch, concurrency: settings.embedding.concurrency,
        figures: figures)
    }
    var reranker: (any Reranker)?
    if let rerank = settings.rerank {
      reranker = Self.reranker(rerank, client: client, limits: limits)
    }
    services = GatewayServices(
      embedder: embedder, store: store,
      generator: try Self.generator(
        settings.generation, client: client, embedder: embedder, limits: limits, figures: figures,
        logger: logger),
      distance: settings.store.distance, retrieved: settings.store.retrieved,
      threshold: settings.store.threshold,
      reranker: reranker,
      keys: settings.access.keys, origins: settings.access.origins, limits: limits,
      figures: figures, logger: logger)
  }

  /// The server that keeps the chunks, or several. Of several the next one is asked instead of the
  /// same once more.
  private static func server(
    _ settings: StoreSettings, client: HTTPClient, limits: GatewayLimits
  ) -> QdrantServer {
    let attempts = settings.otherURLs.isEmpty ? 3 : 1
    func endpoint(_ url: String) -> JSONEndpoint {
      JSONEndpoint(
        client: client, base: url, credential: settings.apiKey.map { .apiKey($0) },
        timeout: settings.timeout,
        retry: .qdrant(attempts: attempts, firstWait: 0.2, longestWait: 2),
        replyBytes: limits.replyBytes, current: { RequestID.headers })
    }
    return QdrantServer(endpoint(settings.url), others: settings.otherURLs.map(endpoint))
  }

  /// Opens what the settings name, the certificate, the model and the prompt, and lets go of it
  /// again.
  ///
  /// - Throws: `GatewayStartError` for what is missing or unusable.
  public static func check(_ settings: GatewaySettings) async throws(GatewayStartError) {
    let logger = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
    _ = try GatewayApplication.certificate(settings)
    await (try GatewayAssembly(settings: settings, logger: logger)).shutdown()
  }

  /// Times that a reranking is asked for before it has failed.
  private static let rerankAttemptsMax = 2
  /// Time that a reranking may take.
  package static let rerankTimeMax = Duration.seconds(20)

  /// What asks the service that orders passages anew, each time within `time`.
  package static func reranker(
    _ settings: RerankSettings, client: HTTPClient, limits: GatewayLimits,
    within time: Duration = rerankTimeMax
  ) -> any Reranker {
    var retry = RetryPolicy()
    retry.maximumAttempts = rerankAttemptsMax
    return HTTPReranker(
      endpoint: JSONEndpoint(
        client: client, base: settings.baseURL, credential: settings.apiKey.map { .bearer($0) },
        timeout: time, retry: retry, replyBytes: limits.replyBytes,
        current: { RequestID.headers }),
      model: settings.model)
  }

  /// Ends the threads of the model and the connections.
  public func shutdown() async {
    await localEmbedder?.shutdown()
    client.shutdown()
  }

  private static func openModel(
    _ settings: GatewaySettings, _ figures: GatewayFigures
  ) throws(GatewayStartError) -> LocalEmbedder {
    let folder = settings.embedding.modelPath
    let embedder: LocalEmbedder
    do {
      let cores = ProcessInfo.processInfo.activeProcessorCount
      embedder = try LocalEmbedder(
        modelFolder: folder, model: settings.embedding.localModel, threads: cores,
        figures: figures)
    } catch .fileMissing(let path) {
      let option = settings.embedding.localModel == .miniLM ? "" : " --multilingual"
      throw GatewayStartError(
        "The embedding model is not there (\(path) is missing): run "
          + "scripts/fetch-model\(option), or set "
          + "\(SettingKey.embeddingModelPath.rawValue) to the folder that holds it, or "
          + "\(SettingKey.embeddingProvider.rawValue)=openai to use an embedding service")
    } catch {
      throw GatewayStartError("The embedding model in \(folder) can't be used: \(error)")
    }
    if let size = settings.store.vectorSize, size != embedder.dimension {
      throw GatewayStartError(
        "\(SettingKey.vectorSize.rawValue) is \(size), but \(settings.embedding.model) makes "
          + "vectors of \(embedder.dimension) components")
    }
    return embedder
  }

  private static func generator(
    _ settings: GenerationSettings, client: HTTPClient, embedder: any Embedder,
    limits: GatewayLimits, figures: GatewayFigures, logger: Logger
  ) throws(GatewayStartError) -> any AnswerGenerator {
    let extractive = ExtractiveGenerator(embedder: embedder, limits: limits)
    // One that is named is looked at also where it is not needed yet.
    let isNeeded = settings.provider == .openai
    guard isNeeded || settings.promptPath != nil else { return extractive }
    let prompt: InsightPrompt
    do {
      prompt = try InsightPrompt.load(path: settings.promptPath, version: settings.promptVersion)
    } catch {
      let setting = settings.promptPath == nil ? SettingKey.promptVersion : .promptPath
      throw GatewayStartError("\(setting.variable): \(error)")
    }
    guard isNeeded else { return extractive }
    var retry = RetryPolicy()
    retry.maximumAttempts = 3
    retry.retried = { figures.add(to: .languageModelRetries) }
    let model = OpenAIGenerator(
      endpoint: JSONEndpoint(
        client: client, base: settings.baseURL, credential: settings.apiKey.map { .bearer($0) },
        timeout: settings.timeout, retry: retry, replyBytes: limits.replyBytes,
        current: { RequestID.headers }),
      model: settings.model, temperature: settings.temperature, prompt: prompt,
      mode: settings.mode, limits: limits, figures: figures, logger: logger)
    guard settings.fallsBackToExtractive else { return model }
    return FallbackGenerator(primary: model, fallback: extractive, logger: logger)
  }
}

/// Why a gateway can't start: always something in its settings or its files.
public struct GatewayStartError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One sentence for people.
  public let description: String

  /// An error with this text.
  public init(_ description: String) {
    self.description = description
  }
}
