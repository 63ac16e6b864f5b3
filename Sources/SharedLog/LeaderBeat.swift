/// What the leader object of a log says. It gives liveness only: two servers that both believe it
/// is theirs do no harm, as segments decide.
package struct LeaderBeat: Sendable, Equatable {
  /// Who leads.
  package var writer: WriterID
  /// Where it is reached, as `http://host:port`.
  package var address: String
  /// One more each time that it says it is still there.
  package var beat: UInt64

  /// The beat of a leader.
  package init(writer: WriterID, address: String, beat: UInt64) {
    self.writer = writer
    self.address = address
    self.beat = beat
  }
}

/// A leader object as it was read: `tag` changes with every write of it.
package struct TaggedBeat: Sendable, Equatable {
  /// What it says.
  package var beat: LeaderBeat
  /// Its tag.
  package var tag: String

  /// A beat, and the tag that the store gave it.
  package init(_ beat: LeaderBeat, tag: String) {
    self.beat = beat
    self.tag = tag
  }
}
