import FastJSON
import Tracing

/// Spans as OTLP has them in JSON: an `ExportTraceServiceRequest` of one resource.
struct TraceMessage {
  /// What the spans are from.
  let resource: [(name: String, value: String)]
  let attributesMax: Int

  /// The body of a request to a collector.
  func body(of spans: [FinishedSpan]) -> [UInt8] {
    var writer = JSONWriter(reservingCapacity: 512 * (spans.count + 1))
    writer.beginObject()
    writer.key("resourceSpans")
    writer.beginArray()
    writer.beginObject()
    writer.key("resource")
    writer.beginObject()
    writer.key("attributes")
    writer.beginArray()
    for (name, value) in resource { Self.write(name, .string(value), to: &writer) }
    writer.endArray()
    writer.endObject()
    writer.key("scopeSpans")
    writer.beginArray()
    writer.beginObject()
    writer.key("scope")
    writer.beginObject()
    writer.key("name")
    writer.string("quiver")
    writer.endObject()
    writer.key("spans")
    writer.beginArray()
    for span in spans { write(span, to: &writer) }
    writer.endArray()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private func write(_ span: FinishedSpan, to writer: inout JSONWriter) {
    writer.beginObject()
    Self.write(span.place, to: &writer)
    if let parent = span.parentID {
      writer.key("parentSpanId")
      writer.string(TraceParent.hexadecimal(parent))
    }
    writer.key("name")
    writer.string(span.name)
    writer.key("kind")
    writer.integer(Self.number(of: span.kind))
    // Numbers of 64 bits are texts in the JSON of protocol buffers.
    writer.key("startTimeUnixNano")
    writer.string(String(span.startedAt))
    writer.key("endTimeUnixNano")
    writer.string(String(span.endedAt))
    write(span.attributes, to: &writer)
    if !span.events.isEmpty {
      writer.key("events")
      writer.beginArray()
      for event in span.events {
        writer.beginObject()
        writer.key("timeUnixNano")
        writer.string(String(event.nanosecondsSinceEpoch))
        writer.key("name")
        writer.string(event.name)
        write(event.attributes, to: &writer)
        writer.endObject()
      }
      writer.endArray()
    }
    write(span.links, to: &writer)
    if let status = span.status {
      writer.key("status")
      writer.beginObject()
      writer.key("code")
      writer.integer(status.code == .error ? 2 : 1)
      if let message = status.message {
        writer.key("message")
        writer.string(message)
      }
      writer.endObject()
    }
    writer.endObject()
  }

  private func write(_ links: [SpanLink], to writer: inout JSONWriter) {
    let known = links.compactMap { link in link.context.traceParent.map { ($0, link.attributes) } }
    if known.isEmpty { return }
    writer.key("links")
    writer.beginArray()
    for (place, attributes) in known {
      writer.beginObject()
      Self.write(place, to: &writer)
      write(attributes, to: &writer)
      writer.endObject()
    }
    writer.endArray()
  }

  private static func write(_ place: TraceParent, to writer: inout JSONWriter) {
    writer.key("traceId")
    writer.string(place.traceID.text)
    writer.key("spanId")
    writer.string(TraceParent.hexadecimal(place.spanID))
    if !place.state.isEmpty {
      writer.key("traceState")
      writer.string(place.state)
    }
    writer.key("flags")
    writer.integer(Int(place.flags))
  }

  private func write(_ attributes: SpanAttributes, to writer: inout JSONWriter) {
    if attributes.isEmpty { return }
    writer.key("attributes")
    writer.beginArray()
    var left = attributesMax
    func add(_ name: String, _ value: SpanAttribute) {
      if left > 0 { Self.write(name, value, to: &writer) }
      left -= 1
    }
    attributes.forEach(add)
    writer.endArray()
    if left < 0 {
      writer.key("droppedAttributesCount")
      writer.integer(-left)
    }
  }

  private static func write(
    _ name: String, _ value: SpanAttribute, to writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.key("key")
    writer.string(name)
    writer.key("value")
    write(value, to: &writer)
    writer.endObject()
  }

  private static func write(_ value: SpanAttribute, to writer: inout JSONWriter) {
    switch value {
    case .int32(let number): write("intValue", String(number), to: &writer)
    case .int64(let number): write("intValue", String(number), to: &writer)
    case .double(let number) where number.isFinite:
      writer.beginObject()
      writer.key("doubleValue")
      writer.double(number)
      writer.endObject()
    case .bool(let truth):
      writer.beginObject()
      writer.key("boolValue")
      writer.bool(truth)
      writer.endObject()
    case .string(let text): write("stringValue", text, to: &writer)
    case .stringConvertible(let value): write("stringValue", "\(value)", to: &writer)
    case .int32Array(let values): write(values.map { .int32($0) }, to: &writer)
    case .int64Array(let values): write(values.map { .int64($0) }, to: &writer)
    case .doubleArray(let values): write(values.map { .double($0) }, to: &writer)
    case .boolArray(let values): write(values.map { .bool($0) }, to: &writer)
    case .stringArray(let values): write(values.map { .string($0) }, to: &writer)
    case .stringConvertibleArray(let values):
      write(values.map { .string("\($0)") }, to: &writer)
    default: write("stringValue", "\(value)", to: &writer)
    }
  }

  private static func write(_ values: [SpanAttribute], to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("arrayValue")
    writer.beginObject()
    writer.key("values")
    writer.beginArray()
    for value in values { write(value, to: &writer) }
    writer.endArray()
    writer.endObject()
    writer.endObject()
  }

  private static func write(_ kind: String, _ text: String, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key(kind)
    writer.string(text)
    writer.endObject()
  }

  private static func number(of kind: SpanKind) -> Int {
    switch kind {
    case .internal: 1
    case .server: 2
    case .client: 3
    case .producer: 4
    case .consumer: 5
    }
  }
}
