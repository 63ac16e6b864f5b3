import PointModel
import Synchronization

/// The requests of one collection that are committed together: staged one after another, each on
/// top of those before it.
struct StagedChanges: Sendable {
  let collection: PointCollection
  private(set) var points = StagedPoints()
  private(set) var bytes = 0
  /// Those that were staged, for the case that they must be staged anew.
  private(set) var requests: [PointsRequest] = []
  private(set) var counters: CollectionCounters
  var requestCount: Int { requests.count }
  private var answers: [@Sendable (CollectionError?) -> Void] = []

  /// Starts from the collection's latest commit, on which no other changes may be on their way.
  init(_ collection: PointCollection) {
    self.collection = collection
    self.counters = collection.state.withLock { $0.counters }
  }

  /// Stages a request; when it can't be applied, it alone is refused, and answered at once.
  mutating func add(_ request: PointsRequest) {
    do throws(CollectionError) {
      let (changes, numbers) = try stage(request.operations)
      points.merge(changes.points)
      counters.nextOperation += UInt64(numbers.count)
      bytes += changes.bytes
      requests.append(request)
      answers.append { error in
        request.completion(error.map { .failure($0) } ?? .success(numbers))
      }
    } catch {
      request.completion(.failure(error))
    }
  }

  /// What one request changes on top of what is staged. In a function of its own, so that nothing
  /// else refers to the staged points when they grow.
  private func stage(
    _ operations: [Operation]
  ) throws(CollectionError) -> (changes: (points: StagedPoints, bytes: Int), numbers: [UInt64]) {
    var applier = OperationApplier(
      try collection.beginRead(), after: points, nextOperation: counters.nextOperation)
    var numbers: [UInt64] = []
    numbers.reserveCapacity(operations.count)
    for operation in operations { numbers.append(try applier.apply(operation)) }
    return ((applier.staged, applier.stagedBytes), numbers)
  }

  /// Answers every request.
  func answer(_ error: CollectionError?) {
    for answer in answers { answer(error) }
  }
}
