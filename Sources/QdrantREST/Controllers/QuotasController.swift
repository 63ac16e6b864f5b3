import FastJSON
import Hummingbird
import QdrantAPI
import QdrantService

/// Limits of the whole server that may be changed while it runs.
struct QuotasController: Sendable {
  let services: RESTServices

  @Sendable func read(_ request: Request, _ context: RESTContext) async throws -> Response {
    let (config, usage) = try await services.api.quotas(context.call())
    return RESTResponse.ok(context) { $0.write(config, using: usage) }
  }

  /// They hold when the answer is given, whatever `wait` says.
  @Sendable func set(_ request: Request, _ context: RESTContext) async throws -> Response {
    _ = try QueryFields(request).bool("wait")
    let decode = QdrantAPI.RequestDecoder.quotas
    let call = context.call()
    return try await services.bodies.withValue(of: request, call, decodedBy: decode) { config in
      try await services.api.setQuotas(config, call)
      return RESTResponse.ok(context) { $0.bool(true) }
    }
  }
}
