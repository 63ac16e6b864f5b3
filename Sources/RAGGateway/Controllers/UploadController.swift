import Hummingbird

/// `POST /upload/chunks`.
struct UploadController: Sendable {
  let service: UploadService
  let limits: GatewayLimits

  func addRoutes(to router: Router<BasicRequestContext>) {
    router.post("/upload/chunks") { request, _ in
      let body = try await RequestBody.collect(request, upTo: limits.bodyBytes)
      let report = try await service.upload(try RequestBody.chunks(body))
      return JSONResponse.make(report.json)
    }
  }
}
