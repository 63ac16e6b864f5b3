import VectorDB

/// What calls about clusters are answered by a server that is none.
extension QdrantService {
  /// Refuses a change to where the shards of a collection are, or to their keys.
  public func changeCluster(
    of name: String, _ action: ServiceAction, _ call: ServiceCall
  ) throws(ServiceError) {
    try admit(call, to: action, on: name)
    throw .standalone
  }

  /// Refuses to drop a peer: the only one holds every shard.
  ///
  /// - Parameter force: whether its shards do not matter.
  public func removePeer(
    _ peer: UInt64, force: Bool, _ call: ServiceCall
  ) throws(ServiceError) {
    let collections = try database(call, .removePeer).collections
    if !force, peer == Self.peer, !collections.isEmpty {
      throw .engine(
        .badRequest("Cannot remove peer \(peer) as there are shards on it"))
    }
    throw .standalone
  }

  /// Refuses to be caught up by other peers.
  public func recoverPeer(_ call: ServiceCall) throws(ServiceError) {
    try admit(call, to: .recoverPeer)
    throw .standalone
  }

  /// Says that a collection is there, which has no keys of shards.
  public func shardKeys(of name: String, _ call: ServiceCall) throws(ServiceError) {
    _ = try collection(name, call, .listShardKeys)
  }

  /// Refuses to read the files of a collection's shard: others could make nothing of them.
  public func readStorage(of name: String, _ call: ServiceCall) throws(ServiceError) {
    _ = try collection(name, call, .readStorage)
    throw .unreadableStorage
  }

  /// The collections whose shards the caller may see.
  public func clusterTelemetry(_ call: ServiceCall) throws(ServiceError) -> [String] {
    try database(call, .clusterTelemetry).collections.map(\.name)
      .filter(call.access.permitsListing)
  }

  /// The number of this server among its peers.
  public static let peer: UInt64 = 0
}
