/// What a read begins with, each loaded without a lock: what a collection has published, and the
/// latest commit.
package protocol ReadSource<State, Commit> {
  associatedtype State
  associatedtype Commit

  /// What the collection has published.
  func latestState() -> State
  /// The latest commit.
  func latestCommit() -> Commit
  /// Whether the collection has published nothing since, and nothing of a later commit before.
  func isUnchanged(_ state: State, by commit: Commit) -> Bool
  /// Waits until no commit is half published.
  func awaitPublishing()
}

/// The way to a collection's state and a commit that belong together, step by step.
///
/// A commit publishes its collections first and itself then. So a collection that is still as it
/// was found when the commit has been found had not changed up to that commit; one that has changed
/// is looked at again.
package struct ReadStart<State, Commit> {
  private enum Stage {
    case nothing
    case state(State)
    case both(State, Commit)
    case overtaken
  }

  private var stage = Stage.nothing

  /// Before the first step.
  package init() {}

  /// Whether the next step waits for what is half published.
  package var isBehind: Bool {
    if case .overtaken = stage { true } else { false }
  }

  /// Takes one look, and waits where nothing else helps.
  ///
  /// - Returns: what belongs together, once it is found.
  package mutating func step(
    _ source: borrowing some ReadSource<State, Commit>
  ) -> (state: State, commit: Commit)? {
    switch stage {
    case .nothing: stage = .state(source.latestState())
    case .state(let state): stage = .both(state, source.latestCommit())
    case .both(let state, let commit):
      if source.isUnchanged(state, by: commit) { return (state, commit) }
      stage = .overtaken
    case .overtaken:
      source.awaitPublishing()
      stage = .nothing
    }
    return nil
  }

  /// All steps.
  package static func run(
    _ source: borrowing some ReadSource<State, Commit>
  ) -> (state: State, commit: Commit) {
    var start = Self()
    while true {
      if let found = start.step(source) { return found }
    }
  }
}
