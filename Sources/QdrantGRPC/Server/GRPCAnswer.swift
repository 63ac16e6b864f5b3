import ProtoWire
import QdrantService
import TransportBase
import VectorDB

/// A message that answers a call, in pieces that follow each other on the wire, and the memory
/// that it was given while it waits to be sent.
struct GRPCAnswer: Sendable {
  private(set) var pieces: [[UInt8]] = []
  /// Bytes of all pieces.
  private(set) var count = 0
  private var lease: MemoryLease?

  /// The longest message that a prefix can announce.
  private static let bytesMax = Int(UInt32.max)
  /// What is not worth a lease: connections bound the sum of such answers.
  static let smallBytesMax = 64 << 10

  /// An answer without pieces.
  init() {}

  /// An answer that is small, or was given its memory elsewhere.
  init(_ writer: ProtoWriter) {
    pieces = [writer.bytes]
    count = writer.bytes.count
  }

  /// An answer whose bytes are there.
  init(_ message: [UInt8]) { insert(message, at: 0) }

  /// A short answer, with the time that it has taken in a field of its own.
  static func answer(
    _ call: ServiceCall, timeField: UInt32 = 2, _ body: (inout ProtoWriter) -> Void
  ) -> GRPCAnswer {
    var writer = ProtoWriter(reservingCapacity: 128)
    body(&writer)
    writer.time(timeField, of: call)
    return GRPCAnswer(writer)
  }

  /// An answer whose making may take longer than others on the connection's thread should wait.
  ///
  /// - Throws: what `make` throws, and ``ServiceError`` when the process ends.
  static func elsewhere(
    _ make: @escaping @Sendable () throws(ServiceError) -> GRPCAnswer
  ) async throws(ServiceError) -> GRPCAnswer {
    let made: Result<GRPCAnswer, ServiceError>
    do {
      made = try await BlockingWork.run { Result(catching: make) }
    } catch {
      throw .engine(.shuttingDown)
    }
    return try made.get()
  }

  /// As ``answer(_:timeField:_:)``, for an answer that may be long: it is made elsewhere, and given
  /// its memory.
  ///
  /// - Throws: what the budget says when there is no room.
  static func held(
    _ call: ServiceCall, _ service: QdrantService,
    _ body: @escaping @Sendable (inout ProtoWriter) -> Void
  ) async throws(ServiceError) -> GRPCAnswer {
    let state = service.state
    return try await elsewhere { () throws(ServiceError) in
      var writer = ProtoWriter(reservingCapacity: 128)
      body(&writer)
      writer.time(2, of: call)
      var answer = GRPCAnswer()
      try answer.append(writer.bytes, state)
      return answer
    }
  }

  /// Whether the answer holds memory of the database's budget.
  var isLeased: Bool { lease != nil }

  /// Adds a piece, for which memory is taken of the database's budget once the answer is not small.
  ///
  /// - Throws: what the budget says when there is no room, and for an answer beyond what a message
  ///   can hold.
  mutating func append(_ piece: [UInt8], _ state: ServerState) throws(ServiceError) {
    insert(piece, at: pieces.count)
    guard count > Self.smallBytesMax else { return }
    guard count <= Self.bytesMax else {
      throw .engine(.badRequest("the answer exceeds what a message can hold: ask for less at once"))
    }
    try hold(count, state)
  }

  /// Takes memory for a page that is to be read and for what is written of it, beside the pieces.
  ///
  /// - Throws: what the budget says when there is no room.
  mutating func reserve(_ bytes: Int, _ state: ServerState) throws(ServiceError) {
    try hold(count + bytes, state)
  }

  /// Gives back what was taken beside the pieces.
  mutating func settle() {
    if let lease { lease.shrink(by: max(0, lease.bytes - count)) }
  }

  private mutating func hold(_ bytes: Int, _ state: ServerState) throws(ServiceError) {
    let database = try state.database()
    do throws(CollectionError) {
      if let lease {
        if bytes > lease.bytes { try lease.grow(by: bytes - lease.bytes) }
      } else {
        lease = try database.lease(bytes, for: .answer)
      }
    } catch {
      throw .engine(error)
    }
  }

  /// Puts a few bytes before a piece that was added.
  mutating func insert(_ piece: [UInt8], at place: Int) {
    if piece.isEmpty { return }
    pieces.insert(piece, at: place)
    count += piece.count
  }
}

extension ProtoWriter {
  /// Writes how long a call has taken, in seconds.
  mutating func time(_ field: UInt32, of call: ServiceCall) {
    let elapsed = (ContinuousClock.now - call.arrivedAt).components
    double(field, Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
  }
}
