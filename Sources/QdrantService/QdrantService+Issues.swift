public import VectorDB

/// What an administrator should know of and may want to do something about.
public struct Issue: Sendable {
  /// The kind of it, and what it is about.
  public var id: String
  /// The collection that it is about.
  public var collection: String
  /// What is the matter.
  public var description: String
  /// What can be done.
  public var solution: String
  /// When it was first told of, in seconds since 1970.
  public var moment: Double
  /// The update that did not reach its end, if that is the matter.
  public var update: UnfinishedUpdate?
}

/// What is not as it should be, in the collections that the caller may see.
extension QdrantService {
  /// Issues that there are now, except those that were dismissed.
  public func issues(_ call: ServiceCall) throws(ServiceError) -> [Issue] {
    let collections = try database(call, .issues).collections
    let found = collections.flatMap { Self.issues(of: $0) }
    return state.issues.noted(found).filter { call.access.permitsListing($0.collection) }
  }

  /// Dismisses the issues that there are now.
  public func clearIssues(_ call: ServiceCall) throws(ServiceError) {
    let collections = try database(call, .clearIssues).collections
    state.issues.dismiss(collections.flatMap { Self.issues(of: $0) })
  }

  private static func issues(of collection: PointCollection) -> [Issue] {
    let (info, name) = (collection.info(), collection.name)
    var issues: [Issue] = []
    func add(
      _ kind: String, _ about: String, _ description: String, _ solution: String,
      _ update: UnfinishedUpdate? = nil
    ) {
      issues.append(
        Issue(
          id: "\(kind)/\(name)" + (about.isEmpty ? "" : "/\(about)"), collection: name,
          description: description, solution: solution, moment: 0, update: update))
    }
    if let damage = info.damage {
      add(
        "DAMAGED_COLLECTION", "", "Collection `\(name)` is damaged: \(damage)",
        "Recover the collection from a snapshot, or delete it")
    }
    if let update = info.unfinishedUpdate {
      let selected = update.pointsSelected.map { " of \($0)" } ?? ""
      add(
        "UNFINISHED_UPDATE", "\(update.operation)",
        """
        Operation \(update.operation) of collection `\(name)`, \(update.kind), did not reach its \
        end: \(update.pointsDone)\(selected) points are done
        """, "Repeat the update: that completes it", update)
    }
    for index in info.indexes {
      guard let problem = index.problem else { continue }
      add(
        "INDEX_GIVEN_UP", index.vector,
        "The index of vector `\(index.vector)` of collection `\(name)` was given up: \(problem)",
        "Searches are exact meanwhile. Give the server more memory or change the configuration")
    }
    return issues
  }
}
