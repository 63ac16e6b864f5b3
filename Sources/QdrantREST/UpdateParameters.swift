import Hummingbird

/// Query parameters of a change to points.
struct UpdateParameters {
  /// Whether the answer is `completed` rather than `acknowledged`; durable either way.
  let wait: Bool
  let timeoutSeconds: Int?

  init(_ request: Request) throws(RESTError) {
    let fields = QueryFields(request)
    wait = try fields.bool("wait") ?? false
    timeoutSeconds = try fields.integer("timeout", minimum: 1)
    let orderings = ["weak", "medium", "strong"]
    if let ordering = try fields.value("ordering"), !orderings.contains(ordering) {
      throw QueryFields.malformed(
        "unknown variant `\(ordering)`, expected one of `weak`, `medium`, `strong`")
    }
  }
}
