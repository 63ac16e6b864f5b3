public import PointModel
import VectorDB

/// Limits of the whole server that may be changed while it runs.
extension QdrantService {
  /// The limits, and what is in use, measured now.
  public func quotas(
    _ call: ServiceCall
  ) async throws(ServiceError) -> (config: QuotaConfig, usage: QuotaUsage) {
    let database = try database(call, .getQuotas)
    return try await engine { () async throws(CollectionError) in
      try await database.onReadThread { () throws(CollectionError) in
        (database.quotas, database.quotaUsage)
      }
    }
  }

  /// Sets limits that hold from now on, restarts or not.
  public func setQuotas(_ config: QuotaConfig, _ call: ServiceCall) async throws(ServiceError) {
    let database = try database(call, .updateQuotas)
    try await engine { () async throws(CollectionError) in
      try await database.setQuotas(config)
    }
  }
}
