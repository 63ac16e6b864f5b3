public import FastJSON
public import PointModel

/// Reads the bodies of Qdrant's REST API.
///
/// Every one checks the whole body and throws a `RequestError` whose text names the member
/// that is wrong. What Qdrant knows and this server does not is refused, never ignored.
public enum RequestDecoder {
  /// What reads a body that has been parsed.
  public typealias Decode<Value> = @Sendable (JSONDocument) throws(RequestError) -> Value

  /// A body of `byteCount` bytes, which `fill` writes to where they are parsed.
  public static func document(
    _ byteCount: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(RequestError) -> JSONDocument {
    do throws(JSONSyntaxError) {
      return try JSONDocument(byteCount: byteCount, filledBy: fill)
    } catch {
      throw .format("Format error in JSON body: \(error)")
    }
  }

  /// A body that lies in one piece.
  public static func document(_ bytes: [UInt8]) throws(RequestError) -> JSONDocument {
    try document(bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// `POST /audit/logs`.
  public static let auditLogs: Decode<AuditQuery> = reading(AuditDecoder.query)

  /// `PUT /collections/{name}`, defaults filled in.
  public static let createCollection: Decode<CollectionConfig> = reading(
    CollectionConfigDecoder.config)

  /// `PATCH /collections/{name}`.
  public static let updateCollection: Decode<CollectionConfigChange> = reading(
    CollectionConfigDecoder.change)

  /// `PUT /collections/{name}/vectors/{name}`.
  public static let createVectorName: Decode<VectorDeclaration> = reading(
    VectorNameDecoder.declaration)

  /// What is wrong with a vector's name in a path; `nil` if nothing is.
  public static func problem(withVectorName name: String) -> String? {
    VectorNames.problem(with: name)
  }

  /// `POST /collections/aliases`.
  public static let changeAliases: Decode<[AliasOperation]> = reading(AliasDecoder.operations)

  /// `PUT /collections/{name}/index`.
  public static let createPayloadIndex: Decode<PayloadIndexRequest> = reading(
    PayloadIndexDecoder.request)

  /// `PUT /collections/{name}/points`: a list of points or columns.
  public static let upsert: Decode<Operation> = reading(UpsertDecoder.operation)

  /// `POST /collections/{name}/points/delete`.
  public static let deletePoints: Decode<Operation> = reading(UpdateDecoder.deletePoints)

  /// `POST /collections/{name}/points/payload`.
  public static let setPayload: Decode<Operation> = reading(UpdateDecoder.setPayload)

  /// `PUT /collections/{name}/points/payload`.
  public static let overwritePayload: Decode<Operation> = reading(UpdateDecoder.overwritePayload)

  /// `POST /collections/{name}/points/payload/delete`.
  public static let deletePayload: Decode<Operation> = reading(UpdateDecoder.deletePayload)

  /// `POST /collections/{name}/points/payload/clear`.
  public static let clearPayload: Decode<Operation> = reading(UpdateDecoder.clearPayload)

  /// `PUT /collections/{name}/points/vectors`.
  public static let updateVectors: Decode<Operation> = reading(UpdateDecoder.updateVectors)

  /// `POST /collections/{name}/points/vectors/delete`.
  public static let deleteVectors: Decode<Operation> = reading(UpdateDecoder.deleteVectors)

  /// `POST /collections/{name}/points/batch`.
  public static let batch: Decode<[Operation]> = reading(UpdateDecoder.batch)

  /// `POST /collections/{name}/points`.
  public static let retrieve: Decode<RetrieveRequest> = reading(ReadDecoder.retrieve)

  /// `POST /collections/{name}/points/scroll`.
  public static let scroll: Decode<ScrollRequest> = reading(ReadDecoder.scroll)

  /// `POST /collections/{name}/points/count`.
  public static let count: Decode<CountRequest> = reading(ReadDecoder.count)

  /// `POST /collections/{name}/points/query`.
  public static let query: Decode<QueryRequest> = reading(QueryDecoder.request)

  /// `POST /collections/{name}/points/query/batch`.
  public static let queryBatch: Decode<[QueryRequest]> = reading(QueryDecoder.batch)

  /// `POST /collections/{name}/points/search`, older than queries.
  public static let search: Decode<QueryRequest> = reading(LegacySearchDecoder.request)

  /// `POST /collections/{name}/points/search/batch`, older than queries.
  public static let searchBatch: Decode<[QueryRequest]> = reading(LegacySearchDecoder.batch)

  /// `POST /collections/{name}/points/query/groups`.
  public static let queryGroups: Decode<GroupsRequest> = reading(GroupsDecoder.query)

  /// `POST /collections/{name}/points/search/groups`, older than queries.
  public static let searchGroups: Decode<GroupsRequest> = reading(GroupsDecoder.search)

  /// `POST /collections/{name}/points/recommend`, older than queries.
  public static let recommend: Decode<QueryRequest> = reading(LegacyExampleDecoder.recommend)

  /// `POST /collections/{name}/points/recommend/batch`, older than queries.
  public static let recommendBatch: Decode<[QueryRequest]> = reading(
    LegacyExampleDecoder.recommendBatch)

  /// `POST /collections/{name}/points/recommend/groups`, older than queries.
  public static let recommendGroups: Decode<GroupsRequest> = reading(GroupsDecoder.recommend)

  /// `POST /collections/{name}/points/discover`, older than queries.
  public static let discover: Decode<QueryRequest> = reading(LegacyExampleDecoder.discover)

  /// `POST /collections/{name}/points/discover/batch`, older than queries.
  public static let discoverBatch: Decode<[QueryRequest]> = reading(
    LegacyExampleDecoder.discoverBatch)

  /// `POST /collections/{name}/facet`.
  public static let facet: Decode<FacetRequest> = reading(ReadDecoder.facet)

  /// `POST /collections/{name}/points/search/matrix/pairs` and `…/offsets`.
  public static let matrix: Decode<MatrixRequest> = reading(ReadDecoder.matrix)

  /// `PUT /collections/{name}/snapshots/recover`.
  public static let recoverSnapshot: Decode<SnapshotRecovery> = reading(SnapshotRecovery.decode)

  /// `POST /collections/{name}/shards/{id}/snapshot/partial/recover_from`.
  public static let recoverFromPeer: Decode<PeerRecovery> = reading(PeerRecovery.decode)

  /// `POST /collections/{name}/shards/{id}/snapshot/partial/create`: the body says what the caller
  /// has, which is of no matter to a server that sends all.
  public static let snapshotManifest: Decode<Void> = reading { body throws(DecodingFault) in
    try body.requireObject()
  }

  /// `PUT /quotas`.
  public static let quotas: Decode<QuotaConfig> = reading(QuotaDecoder.config)

  /// A point's id as it stands in a path; `nil` when it is none.
  public static func pointID(_ text: String) -> PointID? {
    if let number = UInt64(text) { return .number(number) }
    return PointUUID(text).map { .uuid($0) }
  }

  private static func reading<T>(
    _ decode: @escaping @Sendable (FieldReader) throws(DecodingFault) -> T
  ) -> Decode<T> {
    { body throws(RequestError) in
      do throws(DecodingFault) {
        return try decode(FieldReader(body.root))
      } catch {
        throw error.requestError
      }
    }
  }
}
