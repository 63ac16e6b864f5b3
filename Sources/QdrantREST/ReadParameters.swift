import Hummingbird

/// Query parameters of a read.
struct ReadParameters {
  let timeoutSeconds: Int?

  init(_ request: Request) throws(RESTError) {
    let fields = QueryFields(request)
    timeoutSeconds = try fields.integer("timeout", minimum: 1)
    if let consistency = fields["consistency"],
      !["majority", "quorum", "all"].contains(consistency)
    {
      guard Int(consistency) != nil else {
        throw QueryFields.malformed(
          "consistency must be a whole number, `majority`, `quorum` or `all`")
      }
      _ = try fields.integer("consistency", minimum: 1)
    }
  }
}

/// Query parameters of a change to a collection.
struct CollectionParameters {
  let timeoutSeconds: Int?

  init(_ request: Request) throws(RESTError) {
    timeoutSeconds = try QueryFields(request).integer("timeout", minimum: 1)
  }
}
