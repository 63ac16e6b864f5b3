import PayloadIndex
import PointModel
import Synchronization
import VectorIndex

/// The payload indexes of a collection: which fields, and their segments.
///
/// Any thread may look. Fields and segments of commits are added on the committer's thread, so that
/// a field knows every commit since it was asked for; the payload indexer's thread adds what was
/// there before, and merges large segments. Small ones are merged by the thread that stages the
/// collection's changes.
final class PayloadIndexes: Sendable {
  private let state: Mutex<State>

  fileprivate struct State {
    var fields: [PayloadPath: Field] = [:]
    /// Counts changes of the fields; a field has the number of the change that added it.
    var fieldsNumber: UInt64 = 0
    /// Made when it is asked for and nothing has changed since.
    var view: PayloadIndexView?
    /// What was reported of the fields since the last change.
    var described: [PayloadFieldInfo]?
    /// The last commit that was entered.
    var commit: UInt64 = 0
    /// The latest fields that were refused, and why.
    var refused: [(path: PayloadPath, reason: String)] = []
    /// Changes of fields, and commits that were published.
    var changes: UInt64 = 0
  }

  fileprivate struct Field {
    /// Tells a field from one of the same path that was dropped.
    let number: UInt64
    let schema: PayloadFieldSchema
    let reader: FieldValueReader
    var segments: [FieldSegment] = []
    var isReady = false
    /// Points that have an indexed value, kept by every commit once they were counted.
    var pointsCount: Int?
    /// Whether a client asked for it since the database was opened, and may be refused.
    var isRequested = false
    /// Why it can't be built; it is dropped then.
    var refusal: String?
    /// The oldest segments, so many, that the indexer is merging.
    var mergingCount = 0
    var progress = 0.0
  }

  /// Rows up to which segments are merged before the next commit is staged.
  private static let smallRows = 4096

  init(_ schema: PayloadSchema) {
    state = Mutex(State())
    for (path, field) in schema.fields {
      add(field, at: path, isReady: false, isRequested: false)
    }
  }

  /// What readers use.
  var view: PayloadIndexView {
    state.withLock { state in
      if let view = state.view { return view }
      var text: [PayloadPath: TextIndexParams] = [:]
      for (path, field) in state.fields {
        if case .text(let params) = field.schema.params { text[path] = params }
      }
      let ready = state.fields.filter { $0.value.isReady }.mapValues { field in
        PayloadIndexView.Field(
          params: field.schema.params, index: FieldIndex(field.segments))
      }
      let view = PayloadIndexView(fields: ready, text: TextFields(text))
      state.view = view
      return view
    }
  }

  /// Whether no field is indexed.
  var isEmpty: Bool { state.withLock { $0.fields.isEmpty } }

  /// Whether some field is not ready.
  var isBuilding: Bool { state.withLock { $0.fields.values.contains { !$0.isReady } } }

  func isReady(_ path: PayloadPath) -> Bool? {
    state.withLock { $0.fields[path]?.isReady }
  }

  /// Adds a field, or replaces one. Without rows there is nothing to build.
  ///
  /// - Parameter isRequested: whether it may be refused for want of memory.
  func add(
    _ schema: PayloadFieldSchema, at path: PayloadPath, isReady: Bool, isRequested: Bool = true
  ) {
    state.withLock { state in
      state.fieldsNumber += 1
      var field = Field(
        number: state.fieldsNumber, schema: schema, reader: FieldValueReader(path, schema.params))
      field.isReady = isReady
      field.isRequested = isRequested
      state.refused.removeAll { $0.path == path }
      state.fields[path] = field
      state.view = nil
      state.noteChange()
    }
  }

  func remove(_ path: PayloadPath) {
    let removed = state.withLock { state in
      state.fieldsNumber += 1
      state.view = nil
      state.noteChange()
      return state.fields.removeValue(forKey: path)
    }
    _ = removed
  }

  // MARK: Description

  /// What was reported of the fields since the last change, if anything was, and which change that
  /// was.
  var described: (fields: [PayloadFieldInfo]?, change: UInt64) {
    state.withLock { ($0.described, $0.changes) }
  }

  /// Keeps a report that was begun after a change and before the next, and the numbers in it.
  ///
  /// - Parameter commit: the last commit of the collection that was counted.
  func remember(_ fields: [PayloadFieldInfo], after change: UInt64, at commit: UInt64) {
    state.withLock { state in
      guard state.changes == change else { return }
      state.described = fields
      if commit < state.commit { return }
      for field in fields where field.isReady && state.fields[field.path]?.isReady == true {
        state.fields[field.path]?.pointsCount = field.pointsCount
      }
    }
  }

  /// How many points have an indexed value, of the fields where that is known, after the change
  /// that was the latest when ``described`` was asked; `nil` if there was another since.
  func pointsCounts(after change: UInt64) -> [PayloadPath: Int]? {
    state.withLock { state in
      if state.changes != change { return nil }
      return state.fields.compactMapValues { $0.isReady ? $0.pointsCount : nil }
    }
  }

  func noteChange() {
    state.withLock { $0.noteChange() }
  }

  // MARK: Commits

  /// Changes whenever a field comes or goes.
  var fieldsNumber: UInt64 { state.withLock { $0.fieldsNumber } }

  /// What a commit is to be entered into.
  func makeDelta() -> PayloadDelta {
    let (fields, number) = state.withLock { state in
      let fields = state.fields.map { path, field in
        PayloadDelta.Field(path: path, number: field.number, reader: field.reader)
      }
      return (fields, state.fieldsNumber)
    }
    return PayloadDelta(fields, fieldsNumber: number)
  }

  /// Enters what a commit changed, before it is published.
  func append(_ segments: [PayloadDelta.Segment], commit: UInt64) {
    state.withLock { state in
      state.view = nil
      // What is counted now is not of this commit.
      state.noteChange()
      state.commit = commit
      for made in segments where state.fields[made.path]?.number == made.number {
        if let segment = made.segment {
          state.fields[made.path]?.segments.append(segment.at(commit: commit))
        }
        guard let count = state.fields[made.path]?.pointsCount else { continue }
        state.fields[made.path]?.pointsCount = made.change.map { count + $0 }
      }
    }
  }

  /// Notes that a commit was published; whether small segments are to be merged.
  func noteCommit() -> Bool {
    state.withLock { state in
      state.noteChange()
      return state.fields.contains { Self.needsMerge($0.value) }
    }
  }

  /// Whether large segments are to be merged, by the indexer.
  var needsLargeMerge: Bool {
    state.withLock { state in
      state.fields.values.contains {
        $0.isReady && $0.mergingCount == 0 && Self.mergeCount($0.segments[...]) != nil
      }
    }
  }

  /// Merges the newest segments while they are small, after their commit was published: what is
  /// left has sizes that fall by half at least. While no commit of the collection is on its way;
  /// readers do not wait for it.
  ///
  /// - Parameter pace: ends it early; what is left then is merged after a later commit.
  func mergeSmall(_ pace: PayloadPace, _ visibility: () -> VisibilityView?) {
    let due = state.withLock { state in
      state.fields.filter { Self.needsMerge($0.value) }.map(\.key)
    }
    guard !due.isEmpty, let visibility = visibility() else { return }
    for path in due {
      while mergeNewest(path, visibility, pace) {}
    }
  }

  /// Merges the two newest segments of a field if they are to be merged.
  private func mergeNewest(
    _ path: PayloadPath, _ visibility: VisibilityView, _ pace: PayloadPace
  ) -> Bool {
    guard let field = state.withLock({ $0.fields[path] }), Self.needsMerge(field) else {
      return false
    }
    let count = field.segments.count
    let merged = field.segments[count - 2].merging(
      field.segments[count - 1], isBottom: count == 2 && field.isReady,
      isDead: { !visibility.isVisible($0) }, while: pace.step)
    guard let merged else { return false }
    return state.withLock { state in
      // Meanwhile the field may have been dropped, and the indexer may have taken the segments.
      guard var current = state.fields[path], current.number == field.number,
        current.isReady == field.isReady, current.segments.count == count,
        current.mergingCount == field.mergingCount
      else { return false }
      current.segments.replaceSubrange((count - 2)..., with: [merged])
      state.fields[path] = current
      state.view = nil
      return true
    }
  }

  private static func needsMerge(_ field: Field) -> Bool {
    guard field.segments.count - field.mergingCount >= 2 else { return false }
    let newer = field.segments[field.segments.count - 1].rowCount
    let older = field.segments[field.segments.count - 2].rowCount
    return newer + older <= smallRows && older <= 2 * newer
  }

  // MARK: Work of the indexer

  /// A field that is to be built.
  struct Build {
    let path: PayloadPath
    let number: UInt64
    let reader: FieldValueReader
    /// Whether a client asked for it, and is told when there is no memory for it.
    let isRequested: Bool
  }

  /// The fields that are not ready.
  var waiting: [Build] {
    state.withLock { state in
      state.fields.filter { !$0.value.isReady && $0.value.refusal == nil }.map {
        Build(
          path: $0.key, number: $0.value.number, reader: $0.value.reader,
          isRequested: $0.value.isRequested)
      }
    }
  }

  /// Refusals that are remembered for those who wait.
  private static let refusedMax = 64

  /// Gives a field up, which is to be dropped.
  func refuse(_ build: Build, _ reason: String) {
    state.withLock { state in
      guard state.fields[build.path]?.number == build.number else { return }
      state.fields[build.path]?.refusal = reason
      state.refused.append((build.path, reason))
      if state.refused.count > Self.refusedMax { state.refused.removeFirst() }
    }
  }

  /// Why the field at `path` was given up, if it was and nobody asked for it again.
  func refusal(of path: PayloadPath) -> String? {
    state.withLock { $0.refused.last { $0.path == path }?.reason }
  }

  func setProgress(_ share: Double, of builds: [Build]) {
    state.withLock { state in
      for build in builds where state.fields[build.path]?.number == build.number {
        state.fields[build.path]?.progress = share
      }
    }
  }

  /// Makes a field ready: `base` holds the rows of its commit, the segments of later commits are on
  /// top of it. Those of earlier ones say nothing new.
  func install(_ base: FieldSegment, _ build: Build) {
    state.withLock { state in
      guard var field = state.fields[build.path], field.number == build.number, !field.isReady
      else { return }
      field.segments = [base] + field.segments.filter { $0.commit > base.commit }
      field.isReady = true
      state.fields[build.path] = field
      state.view = nil
      state.noteChange()
    }
  }

  /// A merge of the oldest segments of a field.
  struct Merge {
    let path: PayloadPath
    let number: UInt64
    let segments: [FieldSegment]
  }

  /// Takes a merge that is due, of segments that were published by commit `sequence`. It must be
  /// ended with ``finish(_:with:)``.
  func takeMerge(upTo sequence: UInt64) -> Merge? {
    state.withLock { state in
      for (path, field) in state.fields where field.isReady && field.mergingCount == 0 {
        let published = field.segments.prefix { $0.commit <= sequence }
        guard let count = Self.mergeCount(published) else { continue }
        state.fields[path]?.mergingCount = count
        return Merge(path: path, number: field.number, segments: Array(published.prefix(count)))
      }
      return nil
    }
  }

  /// How many of the oldest segments to merge: all of them, once those on top of the oldest have a
  /// quarter of its rows.
  private static func mergeCount(_ segments: ArraySlice<FieldSegment>) -> Int? {
    guard segments.count >= 2 else { return nil }
    let above = segments.dropFirst().reduce(0) { $0 + $1.rowCount }
    guard above > smallRows,
      4 * above > segments[segments.startIndex].rowCount
        || segments.count > 16
    else { return nil }
    return segments.count
  }

  /// Puts the merged segment in the place of those it was made of; `nil` gives up.
  func finish(_ merge: Merge, with merged: FieldSegment?) {
    state.withLock { state in
      guard var field = state.fields[merge.path], field.number == merge.number else { return }
      field.mergingCount = 0
      if let merged {
        field.segments = [merged] + field.segments.dropFirst(merge.segments.count)
      }
      state.fields[merge.path] = field
      state.view = nil
    }
  }

  /// About the memory of all segments, in bytes.
  var residentBytes: Int {
    let segments = state.withLock { $0.fields.values.flatMap(\.segments) }
    return segments.reduce(0) { $0 + $1.residentBytes }
  }
}

extension PayloadIndexes.State {
  fileprivate mutating func noteChange() {
    changes += 1
    described = nil
  }
}
