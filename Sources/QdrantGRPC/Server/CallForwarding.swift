import HTTPTransfer
import NIOCore
import PointModel
import ProtoWire
import QdrantService
import Replication

/// Sends calls that change something to the server that takes changes, where that is another one,
/// and hands on its answer.
struct CallForwarding: Sendable {
  let replication: Replicator
  let path: String
  /// Whether requests say in their second field if the client waits; in others it always does.
  let asksWhetherToWait: Bool

  /// The longest time that the header can say, in milliseconds.
  private static let timeoutMax = 99_999_999.0

  /// Where a call has to go; `nil` where this server answers it.
  func leader(for room: RequestRoom) -> LeaderPlace? {
    guard let head = room.head, !head.isForwarded else { return nil }
    return replication.leaderElsewhere
  }

  /// Sends a call on, and answers what the leader does. Where the client waits for the change, this
  /// server has it, too, when it answers.
  ///
  /// - Throws: what the leader says, and what there is to say when it says nothing.
  func answer(
    _ room: RequestRoom, _ call: ServiceCall, by leader: LeaderPlace
  ) async throws(GRPCStatus) -> GRPCAnswer {
    guard let address = leader.grpcAddress else {
      throw GRPCStatus(
        .unavailable,
        "Service unavailable: this server follows the one at \(leader.address), which takes "
          + "writes, and where it takes calls of gRPC is not known")
    }
    let head = room.head
    let message = room.takeMessage()
    let waits = !asksWhetherToWait || Self.waits(message)
    let spent = (ContinuousClock.now - call.arrivedAt) / .seconds(1)
    let left = head?.timeout.map { max(0.001, Double($0.nanoseconds) * 1e-9 - spent) }
    let answer: HTTPResponse
    do throws(ForwardingError) {
      let request = self.request(message, head, left, to: address)
      answer = try await replication.forward(request, path: path, within: left, to: leader)
    } catch {
      throw GRPCStatus(ServiceError(error, from: address))
    }
    let bytes = try Self.message(of: answer, from: address)
    guard waits, let segment = answer.header(Replicator.positionHeader).flatMap({ UInt64($0) })
    else { return GRPCAnswer(bytes) }
    let deadline = left.map { call.arrivedAt + .seconds($0 + spent) }
    let isThere = await replication.wait(for: segment, until: deadline)
    return GRPCAnswer(isThere || !asksWhetherToWait ? bytes : Self.late(bytes))
  }

  private func request(
    _ message: ByteBuffer, _ head: CallHead?, _ timeout: Double?, to address: String
  ) -> HTTPRequest {
    var headers = [("content-type", "application/grpc"), ("te", "trailers")]
    if let key = head?.credentials.apiKey { headers.append(("api-key", key)) }
    if let bearer = head?.credentials.authorization { headers.append(("authorization", bearer)) }
    if let timeout {
      let milliseconds = min(Self.timeoutMax, (timeout * 1000).rounded(.up))
      headers.append(("grpc-timeout", "\(Int(milliseconds))m"))
    }
    headers += head?.passedOn ?? []
    if let client = head?.forwardedFor { headers.append(("x-forwarded-for", client)) }
    var body: [UInt8] = []
    body.reserveCapacity(message.readableBytes + MessageFrames.prefixBytes)
    body.append(0)
    for shift in [24, 16, 8, 0] {
      body.append(UInt8(truncatingIfNeeded: message.readableBytes >> shift))
    }
    message.withUnsafeReadableBytes { body += $0 }
    var request = HTTPRequest(
      method: "POST", url: address + path, headers: headers, body: body)
    request.speaksHTTP2 = true
    return request
  }

  /// The message of an answer.
  ///
  /// - Throws: the status that it ends with, if that is none of success.
  private static func message(
    of answer: HTTPResponse, from address: String
  ) throws(GRPCStatus) -> [UInt8] {
    let fields = answer.trailers + answer.headers
    func field(_ name: String) -> String? { fields.first { $0.0.lowercased() == name }?.1 }
    let unreadable = ForwardingError.unknown("what it said is no answer of gRPC")
    guard answer.status == 200, let code = field("grpc-status").flatMap({ Int($0) }) else {
      throw GRPCStatus(ServiceError(unreadable, from: address))
    }
    if code != 0 {
      var kept: [(name: String, value: String)] = []
      for name in ["retry-after", "qdrant-insufficient-storage"] {
        if let value = field(name) { kept.append((name, value)) }
      }
      throw GRPCStatus(
        GRPCStatus.Code(rawValue: code) ?? .internalError,
        GRPCStatus.decoded(field("grpc-message") ?? ""), fields: kept)
    }
    let body = answer.body
    guard body.count >= MessageFrames.prefixBytes, body[0] == 0,
      body[1..<MessageFrames.prefixBytes].reduce(0, { $0 << 8 | Int($1) })
        == body.count - MessageFrames.prefixBytes
    else { throw GRPCStatus(ServiceError(unreadable, from: address)) }
    return Array(body[MessageFrames.prefixBytes...])
  }

  /// Whether a change's client waits for it.
  private static func waits(_ message: ByteBuffer) -> Bool {
    message.withUnsafeReadableBytes { bytes in
      var waits = false
      try? ProtoMessage(bytes).forEachField { field throws(ProtoError) in
        if field.number == 2 { waits = try field.bool() }
      }
      return waits
    }
  }

  /// The answer to changes that were made, and can't be seen at this server yet: the client's wait
  /// is over before.
  private static func late(_ answer: [UInt8]) -> [UInt8] {
    var writer = ProtoWriter(reservingCapacity: answer.count + 16)
    answer.withUnsafeBytes { bytes in
      try? ProtoMessage(bytes).forEachField { field throws(ProtoError) in
        switch field.number {
        case 1:
          var number: UInt64?
          try field.message().forEachField { part throws(ProtoError) in
            if part.number == 1 { number = try part.uint64() }
          }
          writer.updateResult(1, UpdateResult(operationID: number, status: .waitTimeout))
        case 2: writer.double(2, try field.double())
        default: break
        }
      }
    }
    return writer.bytes
  }
}

extension GRPCMethods {
  /// What sends a call on; `nil` for one that every server answers.
  static func forwarding(
    _ gate: QdrantService, _ service: String, _ method: String
  ) -> CallForwarding? {
    guard let replication = gate.state.replication, let action = action(service, method),
      action.isForwarded
    else { return nil }
    return CallForwarding(
      replication: replication, path: "/\(service)/\(method)",
      asksWhetherToWait: action.asksWhetherToWait)
  }
}
