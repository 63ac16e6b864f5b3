import PointModel
import QdrantAPI
import QdrantGRPC
import QdrantService
import Testing
import VectorDB

/// Every cause, the code that Qdrant gives for it, and what else a client is told.
struct GRPCStatusTests {
  @Test(arguments: [
    (CollectionError.collectionNotFound("x"), GRPCStatus.Code.notFound),
    (.referredCollectionNotFound("x"), .notFound), (.aliasNotFound("x"), .notFound),
    (.pointNotFound(.number(3)), .notFound), (.snapshotNotFound("x"), .notFound),
    (.collectionExists("x"), .alreadyExists), (.forbidden("f"), .permissionDenied),
    (.unknownVector("v", context: ""), .invalidArgument),
    (.wrongDimension(expected: 4, got: 3, context: ""), .invalidArgument),
    (.wrongInput("w"), .invalidArgument), (.badRequest("b"), .invalidArgument),
    (.timedOut("t"), .deadlineExceeded), (.overloaded(retryAfterSeconds: 2), .resourceExhausted),
    (.rateLimited("r", retryAfterSeconds: 7), .resourceExhausted),
    (.outOfSpace("o"), .resourceExhausted), (.quotaReached("q"), .resourceExhausted),
    (.shuttingDown, .unavailable), (.loading("x"), .unavailable),
    (.storage("s"), .internalError), (.damaged("d"), .internalError),
    (.quarantined("x", reason: "r"), .internalError),
  ])
  func engineErrors(_ error: CollectionError, _ code: GRPCStatus.Code) {
    let cause = ServiceError.engine(error)
    let status = GRPCStatus(cause)
    #expect(status.code == code)
    #expect(status.message == cause.text)
    let names = status.fields.map(\.name)
    switch error {
    case .outOfSpace, .quotaReached: #expect(names == ["qdrant-insufficient-storage"])
    case .overloaded, .rateLimited: #expect(names == ["retry-after"])
    default: #expect(names == [])
    }
  }

  @Test(arguments: [
    (ServiceError.invalid(field: "limit", reason: "r"), GRPCStatus.Code.invalidArgument),
    (.unauthenticated("u"), .unauthenticated), (.forbidden("f"), .permissionDenied),
    (.pointMissing(.number(7)), .notFound), (.shardMissing(2), .notFound),
    (.standalone, .unimplemented), (.starting, .unavailable), (.outcomeUnknown("o"), .unknown),
  ])
  func serviceErrors(_ error: ServiceError, _ code: GRPCStatus.Code) {
    #expect(GRPCStatus(error).code == code)
    #expect(GRPCStatus(error).message == error.text)
  }

  @Test func waitsAreToldInWholeSeconds() {
    let status = GRPCStatus(.engine(.rateLimited("r", retryAfterSeconds: 7)))
    #expect(status.fields.map(\.value) == ["7"])
  }
}
