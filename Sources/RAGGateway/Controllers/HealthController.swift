import FastJSON
import HTTPTypes
import Hummingbird

/// `GET /health/live` and `GET /health/ready`.
struct HealthController: Sendable {
  let probe: ReadinessProbe

  func addRoutes(to router: Router<BasicRequestContext>) {
    router.get("/health/live") { _, _ in
      JSONResponse.make(Array(#"{"status":"alive"}"#.utf8))
    }
    router.get("/health/ready") { _, _ in
      let readiness = await probe.readiness()
      return JSONResponse.make(
        readiness.json, status: readiness.isReady ? .ok : .serviceUnavailable)
    }
  }
}
