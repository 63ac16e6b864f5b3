import Storage
import Synchronization
import VectorIndex

/// Whether a collection can be used.
public enum CollectionPhase: Sendable, Equatable {
  /// Its rows are being read into memory; requests wait a little.
  case loading
  case ready
  /// Its records contradict their checksums or each other. It can be deleted, or replaced by a
  /// snapshot; all else is refused.
  case quarantined(reason: String)
}

extension PointCollection {
  /// Whether the collection can be used.
  public var phase: CollectionPhase { latest.phase }

  var isReady: Bool { phase == .ready }

  /// Waits while the collection is being loaded, for at most ``Limits/loadingWaitMilliseconds``;
  /// what comes then finds out by itself.
  func awaitLoading() async {
    if phase != .loading { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await self.waitWhileLoading() }
      let milliseconds = self.core.options.limits.loadingWaitMilliseconds
      group.addTask { try? await Task.sleep(for: .milliseconds(milliseconds)) }
      await group.next()
      group.cancelAll()
    }
  }

  private func waitWhileLoading() async throws(CancellationError) {
    try await progress.wait { phase != .loading || core.stopping.isCancelled }
  }

  /// Why the collection can't be used now, if it can't.
  static func obstacle(_ name: String, _ phase: CollectionPhase) -> CollectionError? {
    switch phase {
    case .ready: nil
    case .loading: .loading(name)
    case .quarantined(let reason): .quarantined(name, reason: reason)
    }
  }

  /// Takes the collection out of use, and gives back what it has in memory.
  func quarantine(_ reason: String) {
    let rowCount = change { state in
      state.phase = .quarantined(reason: reason)
      state.liveCount = 0
      return state.counters.nextOffset
    }
    progress.ring()
    for field in fields {
      let rows = UInt32(field.rowsPerChunk)
      for chunk in 0...rowCount / rows { field.dropChunk(containing: chunk * rows) }
    }
    let rows = UInt32(VisibilityTable.rowsPerChunk)
    for chunk in 0...rowCount / rows {
      visibility.dropChunk(containing: chunk * rows)
      identities.dropChunk(containing: chunk * rows)
    }
    republish()
    core.noteDamage()
  }

  /// Notes what a read found damaged. The collection goes on as far as it can, and says so.
  func note(_ error: CollectionError) {
    guard case .damaged(let reason) = error else { return }
    state.withLock { $0.problem = $0.problem ?? reason }
    core.noteDamage()
  }
}
