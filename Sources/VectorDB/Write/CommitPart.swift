package import Storage

/// What one commit does to one thing, ready to be written: points of a collection, or the
/// catalogue. Everything here happens on the committer's thread, in this order.
package protocol CommitPart {
  /// Who it comes from.
  var origin: ChangeOrigin { get }
  /// Bytes of its records.
  var byteCount: Int { get }
  /// Whether it is on disk when it is answered, however durable the database is.
  var mustSync: Bool { get }
  /// The traces of the requests that wait for it.
  var traces: [StageTrace] { get }

  /// Whether it can be written as it is; if not, it is answered or planned anew.
  func isReady() -> Bool

  /// Adds its records to a batch.
  func append(to batch: inout GatheredBatch) throws(StorageError)

  /// Its change as it stands in an entry of the log.
  func logged() -> [UInt8]?

  /// Puts what it adds into memory as commit `sequence`, where nobody sees it yet.
  func place(sequence: UInt64)

  /// Has readers see commit `sequence` of what it changes, which is published then.
  func publish(sequence: UInt64)

  /// Lets go of what it takes out of memory, after the commit was published.
  func release()

  /// Lets in what comes next, and answers.
  func finish(_ error: CollectionError?)
}

/// A planned change of the catalogue.
final class CatalogWrite: CommitPart {
  private let plan: CatalogPlan
  private let request: CatalogRequest

  init(_ plan: consuming CatalogPlan, _ request: CatalogRequest) {
    self.plan = plan
    self.request = request
  }

  var origin: ChangeOrigin {
    plan.effect == nil && request.origin.isCaller ? .itself : request.origin
  }
  var byteCount: Int { plan.batch.byteCount }
  var mustSync: Bool { true }
  var traces: [StageTrace] { request.trace.map { [$0] } ?? [] }

  /// Nothing is written where nothing changes.
  func isReady() -> Bool {
    if !plan.batch.isEmpty { return true }
    if case .entry(_?) = request.origin { return true }
    finish(nil)
    return false
  }

  func append(to batch: inout GatheredBatch) throws(StorageError) { try batch.append(plan.batch) }
  func logged() -> [UInt8]? { plan.effect.map { LogChange.catalog($0).encoded() } }
  func place(sequence: UInt64) { plan.place() }
  func publish(sequence: UInt64) { plan.publish(sequence) }
  func release() { plan.release() }

  func finish(_ error: CollectionError?) {
    request.completion(error.map { .failure($0) } ?? .success(plan.answer))
  }
}

/// What a change of the catalogue comes to, on top of the latest commit.
struct CatalogPlan: ~Copyable {
  /// Its records; none if there is nothing to change.
  var batch = WriteBatch()
  /// What others are told of it; `nil` if it concerns nobody else.
  var effect: CatalogChange?
  /// Changes what is in memory, before the commit is published.
  var place: () -> Void = {}
  /// Changes what readers see of a collection with the commit of this number.
  var publish: (UInt64) -> Void = { _ in }
  /// Changes what must wait for the commit to be published.
  var release: () -> Void = {}
  var answer = CatalogAnswer()
}
