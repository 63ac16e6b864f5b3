import Hummingbird

/// `POST /insight/query` and its short form `POST /query`.
struct InsightController: Sendable {
  let service: InsightService
  let limits: GatewayLimits

  func addRoutes(to router: Router<BasicRequestContext>) {
    for path in ["/insight/query", "/query"] {
      router.post(RouterPath(path)) { request, _ in
        let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
        let question = try RequestBody.question(body, limits: limits)
        return JSONResponse.make(try await service.insight(for: question).json)
      }
    }
  }
}
