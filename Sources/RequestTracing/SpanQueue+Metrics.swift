package import ServiceProcess

extension SpanQueue {
  /// Adds how many spans the collector took, and how many were lost.
  package func write(to text: inout MetricsText) {
    text.single(
      "tracing_spans_exported_total", .counter, "spans that the collector has taken",
      Double(exported))
    text.single(
      "tracing_spans_dropped_total", .counter,
      "spans that were lost: no place to wait in, or refused by the collector", Double(dropped))
  }
}
