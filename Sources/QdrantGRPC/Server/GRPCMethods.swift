import GRPCCore
import ProtoWire
import QdrantAPI
import QdrantService

/// The calls of all services, and what they share: keys, and how a message becomes an answer.
struct GRPCMethods {
  /// Reads a request; its faults are the caller's.
  typealias Decode<Request> = @Sendable (ProtoMessage) throws(DecodingFault) -> Request
  /// Does what is asked, and writes the answer.
  typealias Perform<Request> =
    @Sendable (Request, ServiceCall) async throws(ServiceError) -> ProtoWriter

  private let keys: AccessKeys
  private var adders: [Adder] = []

  /// Adds a call to a router of any transport.
  private typealias Adder = any MethodAdder

  /// No calls yet; callers have the rights that their key has of `keys`.
  init(keys: AccessKeys) {
    self.keys = keys
  }

  /// Adds a call of one request and one answer.
  ///
  /// - Parameter isOpen: whether no key is asked for.
  mutating func add<Request: Sendable>(
    _ service: String, _ method: String, isOpen: Bool = false,
    _ decode: @escaping Decode<Request>, _ perform: @escaping Perform<Request>
  ) {
    adders.append(
      UnaryMethod(
        descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
        keys: isOpen ? nil : keys, decode: decode, perform: perform))
  }

  /// Adds the conversation in which clients ask what there is.
  mutating func addReflection() {
    let reflection = Reflection()
    for service in Reflection.services {
      adders.append(ReflectionMethod(service: service, keys: keys, reflection: reflection))
    }
  }

  /// A router with all calls.
  func router<Transport: ServerTransport>(for transport: Transport.Type) -> RPCRouter<Transport> {
    var router = RPCRouter<Transport>()
    for adder in adders { adder.add(to: &router) }
    return router
  }
}

/// A call that can be added to a router of any transport.
private protocol MethodAdder {
  func add(to router: inout RPCRouter<some ServerTransport>)
}

/// A call of one request and one answer.
private struct UnaryMethod<Request: Sendable>: MethodAdder, Sendable {
  let descriptor: MethodDescriptor
  /// `nil` where no key is asked for.
  let keys: AccessKeys?
  let decode: GRPCMethods.Decode<Request>
  let perform: GRPCMethods.Perform<Request>

  func add(to router: inout RPCRouter<some ServerTransport>) {
    router.registerHandler(
      forMethod: descriptor, deserializer: MessageReading(decode: decode),
      serializer: MessageWriting()
    ) { request, _ in
      let arrival = ContinuousClock.now
      let access = try keys?.access(to: request.metadata) ?? .nobody
      let message = try await ServerRequest(stream: request).message
      let answer = try await answer(
        message, ServiceCall(access: access, arrivedAt: arrival))
      return StreamingServerResponse(single: ServerResponse(message: answer))
    }
  }

  /// Does the work in a task that is cancelled when the client has gone or its time is over, and
  /// when the server ends.
  private func answer(
    _ message: Result<Request, DecodingFault>, _ call: ServiceCall
  ) async throws(RPCError) -> ProtoWriter {
    let request: Request
    do throws(DecodingFault) {
      request = try message.get()
    } catch {
      throw RPCError(error)
    }
    let task = Task {
      do throws(ServiceError) {
        return Result<ProtoWriter, RPCError>.success(try await perform(request, call))
      } catch {
        return .failure(RPCError(error))
      }
    }
    return try await withRPCCancellationHandler {
      await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        task.cancel()
      }
    } onCancelRPC: {
      task.cancel()
    }.get()
  }
}

/// A conversation about what there is to call.
private struct ReflectionMethod: MethodAdder, Sendable {
  let service: String
  let keys: AccessKeys
  let reflection: Reflection

  func add(to router: inout RPCRouter<some ServerTransport>) {
    router.registerHandler(
      forMethod: MethodDescriptor(
        fullyQualifiedService: service, method: "ServerReflectionInfo"),
      deserializer: MessageReading(decode: reflection.answer), serializer: MessageWriting()
    ) { request, _ in
      _ = try keys.access(to: request.metadata)
      return StreamingServerResponse { writer in
        for try await answer in request.messages {
          switch answer {
          case .success(let answer): try await writer.write(answer)
          case .failure(let fault): throw RPCError(fault)
          }
        }
        return [:]
      }
    }
  }
}

extension AccessKeys {
  /// What a call may do, by the key that it brings: a header of its own goes before a bearer token.
  fileprivate func access(to metadata: Metadata) throws(RPCError) -> Access {
    let key = metadata[stringValues: "api-key"].first { _ in true }
    let token = metadata[stringValues: "authorization"].first { $0.hasPrefix("Bearer ") }
    do throws(ServiceError) {
      return try access(of: key ?? token.map { String($0.dropFirst("Bearer ".count)) })
    } catch {
      throw RPCError(error)
    }
  }
}

/// Reads messages where they arrive, so that nothing of them is copied but what is kept. What is
/// wrong with one, the call finds out.
private struct MessageReading<Request: Sendable>: MessageDeserializer {
  let decode: GRPCMethods.Decode<Request>

  func deserialize<Bytes: GRPCContiguousBytes>(
    _ bytes: Bytes
  ) -> Result<Request, DecodingFault> {
    bytes.withUnsafeBytes { buffer in
      do throws(DecodingFault) {
        return .success(try decode(ProtoMessage(buffer)))
      } catch {
        return .failure(error)
      }
    }
  }
}

/// Passes messages on that are written already.
private struct MessageWriting: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: ProtoWriter) -> Bytes {
    Bytes(message.bytes)
  }
}
