import Logging
import QdrantService
import ServiceProcess

/// What every controller needs: the API, the body reader and the figures that are kept.
struct RESTServices: Sendable {
  let api: QdrantService
  let settings: ServerSettings
  let metrics: RequestMetrics
  let bodies: BodyReader
  let logger: Logger

  init(api: QdrantService, settings: ServerSettings, logger: Logger) {
    self.api = api
    self.settings = settings
    self.logger = logger
    metrics = api.state.restAnswers
    bodies = BodyReader(
      limit: settings.maxRequestSizeMB << 20, budget: api.state.bodies, parsing: api.state.parsing)
  }
}
