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
    metrics = RequestMetrics()
    bodies = BodyReader(limit: settings.maxRequestSizeMB << 20, budget: api.state.bodies)
  }
}
