/// How hard an index looks before it answers.
public enum SearchEffort: Sendable, Equatable {
  /// The reach that gave this mean recall@10 (0…1) when the index was calibrated. From 1 on,
  /// every list.
  case recall(Double)
  /// So many lists, at least one.
  case probes(Int)
  /// Effort in the unit of a graph index's candidate list (`hnsw_ef`): 128 means the lists of a
  /// calibrated recall of 0.98, twice as many candidates twice as many lists.
  case candidates(Int)
}
