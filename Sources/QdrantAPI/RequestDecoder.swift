import FastJSON
public import PointModel

/// Reads the bodies of Qdrant's REST API.
///
/// Every function checks the whole body and throws a `RequestError` whose text names the member
/// that is wrong. What Qdrant knows and this server does not is refused, never ignored.
public enum RequestDecoder {
  /// `PUT /collections/{name}`, defaults filled in.
  public static func createCollection(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> CollectionConfig {
    try read(body, CollectionConfigDecoder.config)
  }

  /// `PATCH /collections/{name}`.
  public static func updateCollection(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> CollectionConfigChange {
    try read(body, CollectionConfigDecoder.change)
  }

  /// `PUT /collections/{name}/vectors/{name}`.
  public static func createVectorName(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> VectorDeclaration {
    try read(body, VectorNameDecoder.declaration)
  }

  /// What is wrong with a vector's name in a path; `nil` if nothing is.
  public static func problem(withVectorName name: String) -> String? {
    VectorNames.problem(with: name)
  }

  /// `POST /collections/aliases`.
  public static func changeAliases(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> [AliasOperation] {
    try read(body, AliasDecoder.operations)
  }

  /// `PUT /collections/{name}/index`.
  public static func createPayloadIndex(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> PayloadIndexRequest {
    try read(body, PayloadIndexDecoder.request)
  }

  /// `PUT /collections/{name}/points`: a list of points or columns.
  public static func upsert(_ body: UnsafeRawBufferPointer) throws(RequestError) -> Operation {
    try read(body, UpsertDecoder.operation)
  }

  /// `POST /collections/{name}/points/delete`.
  public static func deletePoints(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.deletePoints)
  }

  /// `POST /collections/{name}/points/payload`.
  public static func setPayload(_ body: UnsafeRawBufferPointer) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.setPayload)
  }

  /// `PUT /collections/{name}/points/payload`.
  public static func overwritePayload(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.overwritePayload)
  }

  /// `POST /collections/{name}/points/payload/delete`.
  public static func deletePayload(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.deletePayload)
  }

  /// `POST /collections/{name}/points/payload/clear`.
  public static func clearPayload(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.clearPayload)
  }

  /// `PUT /collections/{name}/points/vectors`.
  public static func updateVectors(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.updateVectors)
  }

  /// `POST /collections/{name}/points/vectors/delete`.
  public static func deleteVectors(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> Operation {
    try read(body, UpdateDecoder.deleteVectors)
  }

  /// `POST /collections/{name}/points/batch`.
  public static func batch(_ body: UnsafeRawBufferPointer) throws(RequestError) -> [Operation] {
    try read(body, UpdateDecoder.batch)
  }

  /// `POST /collections/{name}/points`.
  public static func retrieve(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> RetrieveRequest {
    try read(body, ReadDecoder.retrieve)
  }

  /// `POST /collections/{name}/points/scroll`.
  public static func scroll(_ body: UnsafeRawBufferPointer) throws(RequestError) -> ScrollRequest {
    try read(body, ReadDecoder.scroll)
  }

  /// `POST /collections/{name}/points/count`.
  public static func count(_ body: UnsafeRawBufferPointer) throws(RequestError) -> CountRequest {
    try read(body, ReadDecoder.count)
  }

  /// `POST /collections/{name}/points/query`.
  public static func query(_ body: UnsafeRawBufferPointer) throws(RequestError) -> QueryRequest {
    try read(body, QueryDecoder.request)
  }

  /// `POST /collections/{name}/points/query/batch`.
  public static func queryBatch(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> [QueryRequest] {
    try read(body, QueryDecoder.batch)
  }

  /// `POST /collections/{name}/points/search`, older than queries.
  public static func search(_ body: UnsafeRawBufferPointer) throws(RequestError) -> QueryRequest {
    try read(body, LegacySearchDecoder.request)
  }

  /// `POST /collections/{name}/points/search/batch`, older than queries.
  public static func searchBatch(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> [QueryRequest] {
    try read(body, LegacySearchDecoder.batch)
  }

  /// `POST /collections/{name}/points/query/groups`.
  public static func queryGroups(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> GroupsRequest {
    try read(body, GroupsDecoder.query)
  }

  /// `POST /collections/{name}/points/search/groups`, older than queries.
  public static func searchGroups(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> GroupsRequest {
    try read(body, GroupsDecoder.search)
  }

  /// `POST /collections/{name}/points/recommend`, older than queries.
  public static func recommend(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> QueryRequest {
    try read(body, LegacyExampleDecoder.recommend)
  }

  /// `POST /collections/{name}/points/recommend/batch`, older than queries.
  public static func recommendBatch(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> [QueryRequest] {
    try read(body, LegacyExampleDecoder.recommendBatch)
  }

  /// `POST /collections/{name}/points/recommend/groups`, older than queries.
  public static func recommendGroups(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> GroupsRequest {
    try read(body, GroupsDecoder.recommend)
  }

  /// `POST /collections/{name}/points/discover`, older than queries.
  public static func discover(_ body: UnsafeRawBufferPointer) throws(RequestError) -> QueryRequest {
    try read(body, LegacyExampleDecoder.discover)
  }

  /// `POST /collections/{name}/points/discover/batch`, older than queries.
  public static func discoverBatch(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> [QueryRequest] {
    try read(body, LegacyExampleDecoder.discoverBatch)
  }

  /// `POST /collections/{name}/facet`.
  public static func facet(_ body: UnsafeRawBufferPointer) throws(RequestError) -> FacetRequest {
    try read(body, ReadDecoder.facet)
  }

  /// `POST /collections/{name}/points/search/matrix/pairs` and `…/offsets`.
  public static func matrix(_ body: UnsafeRawBufferPointer) throws(RequestError) -> MatrixRequest {
    try read(body, ReadDecoder.matrix)
  }

  /// `PUT /collections/{name}/snapshots/recover`.
  public static func recoverSnapshot(
    _ body: UnsafeRawBufferPointer
  ) throws(RequestError) -> SnapshotRecovery {
    try read(body, SnapshotRecovery.decode)
  }

  /// `PUT /quotas`.
  public static func quotas(_ body: UnsafeRawBufferPointer) throws(RequestError) -> QuotaConfig {
    try read(body, QuotaDecoder.config)
  }

  /// A point's id as it stands in a path; `nil` when it is none.
  public static func pointID(_ text: String) -> PointID? {
    if let number = UInt64(text) { return .number(number) }
    return PointUUID(text).map { .uuid($0) }
  }

  private static func read<T>(
    _ body: UnsafeRawBufferPointer, _ decode: (FieldReader) throws(DecodingFault) -> T
  ) throws(RequestError) -> T {
    let document: JSONDocument
    do throws(JSONSyntaxError) {
      document = try JSONDocument(parsing: body)
    } catch {
      throw .format("Format error in JSON body: \(error)")
    }
    do throws(DecodingFault) {
      return try decode(FieldReader(document.root))
    } catch {
      throw error.requestError
    }
  }
}
