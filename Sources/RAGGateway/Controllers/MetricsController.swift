import HTTPTypes
import Hummingbird
import NIOCore
import ServiceProcess

/// `GET /metrics`: number and durations of answers by route, and figures of the process, in the
/// text format of Prometheus and under the names that the server uses.
struct MetricsController: Sendable {
  let metrics: RequestMetrics

  func addRoutes(to router: Router<BasicRequestContext>) {
    router.get("/metrics") { _, _ in
      var text = MetricsText()
      text.addResponses(metrics)
      text.addProcess()
      return Response(
        status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text.text)))
    }
  }
}
