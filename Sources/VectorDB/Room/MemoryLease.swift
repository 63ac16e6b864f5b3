import Synchronization

/// Memory that somebody holds of a database's one budget. It is given back with ``release()``, or
/// when nobody keeps the lease any more.
///
/// Any thread may grow, shrink and release it; each takes one lock of the budget.
public final class MemoryLease: Sendable {
  private let budget: MemoryBudget
  let purpose: MemoryPurpose
  /// `nil` once it was given back.
  private let held: Mutex<RowGrowth?>

  init(of budget: MemoryBudget, holding growth: RowGrowth, for purpose: MemoryPurpose) {
    self.budget = budget
    self.purpose = purpose
    self.held = Mutex(growth)
  }

  /// Bytes of memory that are held now.
  public var bytes: Int { held.withLock { $0?.memory ?? 0 } }

  /// Takes more for the same purpose. A lease that was released stays so.
  ///
  /// - Parameter bytes: not below 0.
  /// - Throws: as ``Database/lease(_:for:)``; what was held before is still held then.
  public func grow(by bytes: Int) throws(CollectionError) {
    var growth = RowGrowth()
    growth.memory = bytes
    try grow(by: growth)
  }

  /// ``grow(by:)`` with disk.
  func grow(by growth: RowGrowth) throws(CollectionError) {
    let result: Result<Void, CollectionError> = held.withLock { held in
      guard held != nil else { return .success(()) }
      do throws(CollectionError) {
        try budget.take(growth, for: purpose)
      } catch {
        return .failure(error)
      }
      held?.add(growth)
      return .success(())
    }
    try result.get()
  }

  /// Gives a part back before the rest.
  ///
  /// - Parameter bytes: not below 0; no more is given back than is held.
  public func shrink(by bytes: Int) {
    held.withLock { held in
      guard let memory = held?.memory else { return }
      var part = RowGrowth()
      part.memory = min(bytes, memory)
      held?.subtract(part)
      budget.giveBack(part, for: purpose, isKept: false)
    }
  }

  /// Gives everything back. What was taken to be kept counts until the next sample, which finds it
  /// in the formula. Further releases do nothing.
  public func release() { end(isKept: purpose.isKept) }

  /// Gives everything back; nothing that was taken is kept, because the work was given up.
  package func abandon() { end(isKept: false) }

  private func end(isKept: Bool) {
    let growth = held.withLock { held in
      defer { held = nil }
      return held
    }
    if let growth { budget.giveBack(growth, for: purpose, isKept: isKept) }
  }

  deinit { release() }
}
