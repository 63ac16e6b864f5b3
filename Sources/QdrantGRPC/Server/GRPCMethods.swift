import NIOCore
import NIOHPACK
import PointModel
import ProtoWire
import QdrantAPI
import QdrantService
import RequestTracing
import TransportBase

/// The calls of all services by their paths, and what they share: keys, and how a message becomes
/// an answer.
struct GRPCMethods: Sendable {
  /// Reads a request; its faults are the caller's.
  typealias Decode<Request> = @Sendable (ProtoMessage) throws(DecodingFault) -> Request
  /// Does what is asked, and writes the answer.
  typealias Perform<Request> =
    @Sendable (Request, ServiceCall) async throws(ServiceError) -> GRPCAnswer

  let gate: QdrantService
  private var methods: [String: GRPCMethod] = [:]

  /// All calls; `service` knows who callers are.
  init(_ service: QdrantService, _ release: GRPCRelease) {
    gate = service
    addPoints(service)
    addCollections(service)
    addSnapshots(service)
    addStorageReads(service)
    addHealth(release)
    addReflection()
  }

  /// Adds a call of one request and one answer.
  ///
  /// - Parameter isOpen: whether no key is asked for.
  mutating func add<Request: Sendable>(
    _ service: String, _ method: String, isOpen: Bool = false,
    _ decode: @escaping Decode<Request>, _ perform: @escaping Perform<Request>
  ) {
    let action = Self.action(service, method)
    let forwarding = Self.forwarding(gate, service, method)
    let isAboutCollection = Self.isAboutCollection(service, method)
    let consistencyField = Self.consistencyField(service, method)
    let isCountedByCollection = isAboutCollection && service != "qdrant.Collections"
    methods["/\(service)/\(method)"] = GRPCMethod(
      isOpen: isOpen,
      reads: { message in
        do throws(DecodingFault) {
          _ = try decode(message)
          return true
        } catch {
          return false
        }
      },
      kind: .unary { [gate] (room, call) async throws(GRPCStatus) in
        var call = call
        do throws(ServiceError) {
          call.caller = try await gate.confirmed(call.caller)
          if let action {
            let name = call.caller.access.isGlobal ? nil : Self.collection(in: room.message)
            try gate.precheck(action, on: name, call.caller)
          }
        } catch {
          throw GRPCStatus(error)
        }
        if let forwarding, let leader = forwarding.leader(for: room) {
          return try await forwarding.answer(room, call, by: leader)
        }
        if let consistencyField, gate.state.isReplicated {
          call.isConsistent = Self.asksForConsistency(room.message, in: consistencyField)
        }
        let name = isAboutCollection ? Self.collectionOf(room.message) : nil
        if isCountedByCollection { room.collection = name }
        let request = try await TraceStage.span("decode") { () async throws(GRPCStatus) in
          try await Self.decode(room, gate.state.parsing, decode)
        }
        if let name, let reason = CollectionName.fault(in: name, isNew: false) {
          let text = "Validation error in body: [collection_name: \(reason)]"
          throw GRPCStatus(.invalidArgument, text)
        }
        do throws(ServiceError) {
          return try await perform(request, call)
        } catch {
          throw GRPCStatus(error)
        }
      })
  }

  /// Adds the conversation in which clients ask what there is.
  mutating func addReflection() {
    let reflection = Reflection()
    for service in Reflection.services {
      methods["/\(service)/ServerReflectionInfo"] = GRPCMethod(
        isOpen: false, reads: { (try? reflection.answer($0)) != nil },
        kind: .conversation(reflection.answer))
    }
  }

  /// What decoding takes at most for each byte of a message, the message itself included.
  private static let bytesDecodedPerByte = 3

  /// Reads a message where it lies, so that nothing of it is copied but what is kept; a large one
  /// on a thread that may be held up. The message has gone when it is read.
  private static func decode<Request: Sendable>(
    _ room: RequestRoom, _ parsing: ParsingRoom, _ decode: @escaping Decode<Request>
  ) async throws(GRPCStatus) -> Request {
    let read: @Sendable () -> Result<Request, GRPCStatus> = {
      room.takeMessage().withUnsafeReadableBytes { bytes in
        do throws(DecodingFault) {
          return .success(try decode(ProtoMessage(bytes)))
        } catch {
          return .failure(GRPCStatus(error))
        }
      }
    }
    let count = room.message.readableBytes
    if count <= BlockingWork.bytesWorthAHop { return try read().get() }
    let outcome: Result<Request, GRPCStatus>
    do {
      if count <= ParsingRoom.bytesWorthAsking {
        outcome = try await BlockingWork.run { try DecodingWork.run(read, until: $0) }
      } else {
        outcome = try await parsing.withRoom(for: count * bytesDecodedPerByte) {
          try await BlockingWork.run { try DecodingWork.run(read, until: $0) }
        }
      }
    } catch is CancellationError {
      throw GRPCStatus(.cancelled, "The call was cancelled")
    } catch {
      throw GRPCStatus(.unavailable, "Service unavailable: the server is shutting down")
    }
    return try outcome.get()
  }

  /// The paths of all calls, in the order of their letters.
  var paths: [String] { methods.keys.sorted() }

  /// Whether there is a call of a path.
  func knows(_ path: String) -> Bool { methods[path] != nil }

  /// Whether the call of a path, which must exist, can read a request.
  func reads(_ message: ProtoMessage, of path: String) -> Bool {
    methods[path]?.reads(message) ?? false
  }

  /// The call of a path, and who makes it.
  ///
  /// - Throws: the status of a path that does not exist, and of a key that is missing or wrong.
  func method(
    at path: String, _ credentials: Credentials, from origin: @autoclosure () -> Caller.Origin
  ) throws(GRPCStatus) -> (GRPCMethod, Caller) {
    guard let method = methods[path] else { throw GRPCStatus(.unimplemented) }
    if method.isOpen { return (method, .nobody) }
    do throws(ServiceError) {
      return (method, try gate.caller(bringing: credentials.key, from: origin()))
    } catch {
      throw GRPCStatus(error)
    }
  }
}

/// One call that the server knows.
struct GRPCMethod: Sendable {
  /// Reads the message of a request, which has come whole, and does what it asks.
  typealias Perform =
    @Sendable (RequestRoom, ServiceCall) async throws(GRPCStatus) -> GRPCAnswer

  /// How requests become answers.
  enum Kind: Sendable {
    /// One request, one answer.
    case unary(Perform)
    /// As many requests as the client likes, each answered at once.
    case conversation(GRPCMethods.Decode<ProtoWriter>)
  }

  /// Whether no key is asked for.
  let isOpen: Bool
  /// Whether a request can be read.
  let reads: @Sendable (ProtoMessage) -> Bool
  let kind: Kind
}

/// The headers that say who calls.
struct Credentials {
  var apiKey: String?
  var authorization: String?

  /// The key: a header of its own goes before a bearer token.
  var key: String? {
    if let apiKey { return apiKey }
    guard let authorization, authorization.hasPrefix("Bearer ") else { return nil }
    return String(authorization.dropFirst("Bearer ".count))
  }
}
