import ServiceProcess
import Testing

@Suite struct RequestMetricsTests {
  private func record(_ metrics: RequestMetrics, of collection: String, status: Int = 200) {
    metrics.record(
      method: "GET", endpoint: "/collections/{name}", status: status, seconds: 0.1,
      collection: collection)
  }

  /// Those are `collectionsMax`.
  @Test func `as many collections are told apart as may be`() {
    let metrics = RequestMetrics()
    for number in 0...10_000 { record(metrics, of: "c\(number)") }
    #expect(metrics.byCollection { _ in true }.count == 10_000)
    #expect(metrics.snapshot().first?.durations.count == 10_001, "none is left out of the whole")
    // What is gone makes room.
    #expect(metrics.byCollection { $0 != "c0" }.count == 9_999)
    record(metrics, of: "late")
    #expect(metrics.byCollection { _ in true }.contains { $0.collection == "late" })
  }

  @Test func `a collection that is not there is not remembered`() {
    let metrics = RequestMetrics()
    record(metrics, of: "none", status: 404)
    #expect(metrics.byCollection { _ in true }.isEmpty)
  }
}
