/// Every bound of the engine in one place.
public struct Limits: Sendable, Equatable {
  /// Operations that may wait for the committer at once; up to twice as many where callers have
  /// less than an equal share of them.
  public var queuedOperationsMax: Int
  /// Operations that one commit group may hold.
  public var groupOperationsMax: Int
  /// Bytes of points that one commit group may hold before it is written.
  public var groupBytesMax: Int
  /// Points that one commit of an update may change whose points are selected; larger updates are
  /// carried out in several commits.
  public var updatePointsMax: Int
  /// Bytes that such an update may hold before they are written.
  public var updateBytesMax: Int
  /// Levels of objects and arrays in a payload, the payload itself included: what a request's
  /// body can hold.
  public var payloadDepthMax: Int
  /// Bytes of a payload as JSON, whatever it was made of: a point fits into a frame of a snapshot.
  public var payloadBytesMax: Int
  /// Collections in one database.
  public var collectionsMax: Int
  /// Vectors of one collection.
  public var vectorsMax: Int
  /// Aliases in one database.
  public var aliasesMax: Int
  /// Candidates checked one by one, best first, before a filter is evaluated over everything.
  public var lazyFilterCandidatesMax: Int
  /// What the searches of one request may take, by estimate and in bytes read from memory, for the
  /// request to be answered where it came in, without waking a search thread: 4 MiB are about a
  /// quarter of a millisecond.
  public var briefSearchBytesMax: Int
  /// Reads that may wait to begin; beyond that, those of the caller who has the most are refused.
  public var waitingReadsMax: Int
  /// Reads that may have begun and wait, each on a thread of its own, because they take longer than
  /// others that are asked for meanwhile; and as many changes that are being staged.
  public var pausedReadsMax: Int
  /// Levels of queries that take their points from others.
  public var queryDepthMax: Int
  /// Queries of one tree.
  public var queryNodesMax: Int
  /// Expressions of one formula.
  public var formulaSizeMax: Int
  /// Points that a diversified search weighs against each other; those after them follow by their
  /// nearness alone.
  public var diversifiedCandidatesMax: Int
  /// Points up to which an answer is read at once, with payloads and vectors; longer ones are read
  /// page by page while they are sent.
  public var wholeAnswerPointsMax: Int
  /// Bytes of the rankings that are kept for further pages.
  public var rankingBytesMax: Int
  /// Distances that one matrix may hold.
  public var matrixEntriesMax: Int
  /// Rows outside of the lists of an index beyond which writers wait.
  public var indexTailRowsMax: Int
  /// Milliseconds that a request waits for a collection that is being loaded: less than clients
  /// give a request, so that they hear why.
  public var loadingWaitMilliseconds: Int
  /// Indexed payload fields of one collection.
  public var payloadFieldsMax: Int
  /// Bytes of the path of an indexed payload field.
  public var payloadFieldPathBytesMax: Int
  /// Bytes, as JSON, of all that the catalogue keeps of a collection, its metadata among it: they
  /// are in memory, and written with each change of its configuration.
  public var catalogueEntryBytesMax: Int
  /// Rows of a collection up to which its payload indexes are built before it serves, when a
  /// database is opened.
  public var payloadIndexRowsAtLoadMax: Int
  /// Bytes of new vectors of one name that are in memory, of those that stay on disk, before a file
  /// takes them; writers wait at four times as many.
  public var unfiledBytesMax: Int
  /// Bytes of pages of vectors that stay on disk which are kept in memory, of a whole database.
  public var vectorCacheBytesMax: Int
  /// Milliseconds for which the measured size of a collection's payloads stands, where a limit of
  /// it is reached, although what was overwritten since counts on.
  public var payloadMeasurementMilliseconds: Int
  /// Memory and disk.
  public var room: RoomLimits

  /// The bounds of a small server, each of which may be given.
  public init(
    queuedOperationsMax: Int = 4096, groupOperationsMax: Int = 512,
    groupBytesMax: Int = 32 << 20, updatePointsMax: Int = 4096, updateBytesMax: Int = 8 << 20,
    payloadDepthMax: Int = 125, payloadBytesMax: Int = 128 << 20, collectionsMax: Int = 10_000,
    vectorsMax: Int = 10_000,
    aliasesMax: Int = 100_000, lazyFilterCandidatesMax: Int = 2048,
    briefSearchBytesMax: Int = 4 << 20, waitingReadsMax: Int = 2048,
    pausedReadsMax: Int = 128,
    queryDepthMax: Int = 64, queryNodesMax: Int = 1024, formulaSizeMax: Int = 4096,
    diversifiedCandidatesMax: Int = 16_384,
    wholeAnswerPointsMax: Int = 128, rankingBytesMax: Int = 8 << 20,
    matrixEntriesMax: Int = 4 << 20,
    indexTailRowsMax: Int = 20_000,
    loadingWaitMilliseconds: Int = 3000, payloadFieldsMax: Int = 1000,
    payloadFieldPathBytesMax: Int = 1 << 10, catalogueEntryBytesMax: Int = 8 << 20,
    payloadIndexRowsAtLoadMax: Int = 100_000, unfiledBytesMax: Int = 32 << 20,
    vectorCacheBytesMax: Int = 64 << 20, payloadMeasurementMilliseconds: Int = 30_000,
    room: RoomLimits = RoomLimits()
  ) {
    self.queuedOperationsMax = queuedOperationsMax
    self.groupOperationsMax = groupOperationsMax
    self.groupBytesMax = groupBytesMax
    self.updatePointsMax = updatePointsMax
    self.updateBytesMax = updateBytesMax
    self.payloadDepthMax = payloadDepthMax
    self.payloadBytesMax = payloadBytesMax
    self.collectionsMax = collectionsMax
    self.vectorsMax = vectorsMax
    self.aliasesMax = aliasesMax
    self.lazyFilterCandidatesMax = lazyFilterCandidatesMax
    self.briefSearchBytesMax = briefSearchBytesMax
    self.waitingReadsMax = waitingReadsMax
    self.pausedReadsMax = pausedReadsMax
    self.queryDepthMax = queryDepthMax
    self.queryNodesMax = queryNodesMax
    self.formulaSizeMax = formulaSizeMax
    self.diversifiedCandidatesMax = diversifiedCandidatesMax
    self.wholeAnswerPointsMax = wholeAnswerPointsMax
    self.rankingBytesMax = rankingBytesMax
    self.matrixEntriesMax = matrixEntriesMax
    self.indexTailRowsMax = indexTailRowsMax
    self.loadingWaitMilliseconds = loadingWaitMilliseconds
    self.payloadFieldsMax = payloadFieldsMax
    self.payloadFieldPathBytesMax = payloadFieldPathBytesMax
    self.catalogueEntryBytesMax = catalogueEntryBytesMax
    self.payloadIndexRowsAtLoadMax = payloadIndexRowsAtLoadMax
    self.unfiledBytesMax = unfiledBytesMax
    self.vectorCacheBytesMax = vectorCacheBytesMax
    self.payloadMeasurementMilliseconds = payloadMeasurementMilliseconds
    self.room = room
  }
}
