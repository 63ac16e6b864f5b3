import VectorDB

/// What calls about clusters are answered by a server that is none.
extension QdrantService {
  /// Refuses a change to where the shards of a collection are.
  public func changeCluster(of name: String, _ call: ServiceCall) throws(ServiceError) {
    try call.access.check(.manage, on: name)
    throw .standalone
  }

  /// Refuses to drop a peer: the only one holds every shard.
  ///
  /// - Parameter force: whether its shards do not matter.
  public func removePeer(
    _ peer: UInt64, force: Bool, _ call: ServiceCall
  ) throws(ServiceError) {
    let collections = try database(call, .manage).collections
    if !force, peer == Self.peer, !collections.isEmpty {
      throw .engine(
        .badRequest("Cannot remove peer \(peer) as there are shards on it"))
    }
    throw .standalone
  }

  /// Refuses to be caught up by other peers.
  public func recoverPeer(_ call: ServiceCall) throws(ServiceError) {
    try call.access.check(.manage)
    throw .standalone
  }

  /// Says that a collection is there, which has no keys of shards.
  public func shardKeys(of name: String, _ call: ServiceCall) throws(ServiceError) {
    _ = try collection(name, call, .read)
  }

  /// The number of this server among its peers.
  public static let peer: UInt64 = 0
}
