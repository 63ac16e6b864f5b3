import Hummingbird

/// Query parameters of a read.
struct ReadParameters {
  let timeoutSeconds: Int?
  /// Whether the answer must know all that was acknowledged anywhere.
  private(set) var isConsistent = false

  init(_ request: Request) throws(RESTError) {
    let fields = QueryFields(request)
    timeoutSeconds = try fields.nonzero("timeout")
    guard let consistency = try fields.value("consistency") else { return }
    if ["majority", "quorum", "all"].contains(consistency) {
      isConsistent = true
      return
    }
    guard let count = Int(consistency) else {
      throw QueryFields.malformed(
        "consistency must be a whole number, `majority`, `quorum` or `all`")
    }
    _ = try fields.integer("consistency", minimum: 1)
    isConsistent = count > 1
  }
}

/// Query parameters of a change to a collection.
struct CollectionParameters {
  let timeoutSeconds: Int?

  init(_ request: Request) throws(RESTError) {
    timeoutSeconds = try QueryFields(request).integer("timeout", minimum: 1)
  }
}
