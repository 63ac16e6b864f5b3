import Synchronization
import VectorIndex

extension IndexerLoop {
  /// Calls `body` with who helps with work on an index of a field, as long as there is memory for
  /// that, else with nobody.
  func withHelp<Value>(
    _ collection: PointCollection, _ field: any VectorField,
    _ body: ((any BuildHelp)?) throws(BuildInterrupted) -> Value
  ) throws(BuildInterrupted) -> Value {
    guard let helper = core.buildHelper else { return try body(nil) }
    let bytes = field.buildHelpBytes(
      rows: collection.state.withLock { $0.liveCount }, lists: collection.config.ivfLists)
    guard let lease = try? core.memory.lease(bytes, for: .buildHelp) else {
      return try body(nil)
    }
    defer { lease.release() }
    return try body(helper)
  }
}
