import FastJSON

/// An answer of another service.
package struct EndpointReply: Sendable {
  package let status: Int
  package let body: [UInt8]

  package init(status: Int, body: [UInt8]) {
    self.status = status
    self.body = body
  }

  /// Whether the status is 2xx.
  package var isSuccess: Bool { (200..<300).contains(status) }

  /// The body as JSON; `nil` when it is none.
  var json: JSONValue? { try? JSONValue(parsing: body) }

  /// What the service says is wrong: the message in the shapes that Qdrant, OpenAI and FastAPI
  /// use, or the beginning of the body.
  package var complaint: String {
    let json = json
    let text =
      json?["status"]?["error"]?.stringValue ?? json?["error"]?["message"]?.stringValue
      ?? json?["error"]?.stringValue ?? json?["detail"]?.stringValue
      ?? json?["message"]?.stringValue ?? String(decoding: body.prefix(300), as: UTF8.self)
    let line = text.collapsed
    return line.isEmpty ? "status \(status)" : "status \(status): \(line)"
  }
}
