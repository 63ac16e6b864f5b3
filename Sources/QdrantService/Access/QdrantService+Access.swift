import AccessTokens
import PointModel
import VectorDB

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Who may call, and what.
extension QdrantService {
  /// Who has brought `key`: one of the server's own, or a token that one of them has signed. A
  /// token that depends on a point gives no rights before ``confirmed(_:)`` has looked for that.
  ///
  /// - Throws: ``ServiceError/unauthenticated(_:)`` for a key that is wrong, or missing where one
  ///   is asked for, and ``ServiceError/tokenRefused(_:)`` for a token that does not hold.
  ///
  /// - Parameter origin: where the call comes from, asked for when it is to be written down.
  public func caller(
    bringing key: @autoclosure () -> String?, from origin: @autoclosure () -> Caller.Origin
  ) throws(ServiceError) -> Caller {
    let origin = audit == nil ? nil : origin()
    do throws(ServiceError) {
      var caller = try identify(key())
      caller.origin = origin
      return caller
    } catch {
      refuse(origin, error)
      throw error
    }
  }

  private func identify(_ key: @autoclosure () -> String?) throws(ServiceError) -> Caller {
    guard keys.areRequired else { return Caller(.full) }
    guard let key = key() else { throw .missingKey }
    if let access = keys.access(of: key) { return Caller(access, by: .key) }
    let claims = try claims(of: key)
    var caller = Caller(Access(claims.access), by: .token, subject: claims.subject)
    if let wanted = claims.valueExists {
      caller.condition = (wanted, caller.access)
      caller.access = .nobody
    }
    return caller
  }

  /// The caller with the rights that its token gives now.
  ///
  /// - Throws: ``ServiceError/unauthenticated(_:)`` when the point is gone that the token depends
  ///   on, and ``ServiceError/tokenRefused(_:)`` when its collection is.
  public func confirmed(_ caller: Caller) async throws(ServiceError) -> Caller {
    guard let condition = caller.condition else { return caller }
    do throws(ServiceError) {
      try await checkExistence(of: condition.wanted)
    } catch {
      refuse(caller.origin, error)
      throw error
    }
    var caller = caller
    caller.access = condition.granted
    caller.condition = nil
    return caller
  }

  /// Writes down that somebody was not let in.
  private func refuse(_ origin: Caller.Origin?, _ error: ServiceError) {
    guard let audit else { return }
    var caller = Caller.nobody
    caller.origin = origin
    audit.write(caller, nil, on: nil, refusal: error)
  }

  private func claims(of token: String) throws(ServiceError) -> TokenClaims {
    let now = UInt64(max(0, time(nil)))
    var problem: ServiceError?
    for key in keys.tokenKeys {
      do throws(TokenFault) {
        return try key.claims(of: token, now: now)
      } catch {
        // The first key's verdict is told, as long as it is one.
        problem = problem ?? ServiceError(error)
      }
    }
    throw problem ?? .unauthenticated("Invalid API key or JWT")
  }

  /// Looks for the point that a token depends on.
  private func checkExistence(of wanted: TokenClaims.ValueExists) async throws(ServiceError) {
    let reason = "Invalid JWT, stateful validation failed"
    let conditions = wanted.matches.map { Condition.match(key: $0.key, .value($0.value)) }
    let request = ScrollRequest(limit: 1, filter: Filter(must: conditions), withPayload: .none)
    let database = try state.database()
    do throws(CollectionError) {
      let collection = try database.collection(named: wanted.collection)
      guard try await collection.scroll(request).records.isEmpty else { return }
    } catch .collectionNotFound(_) {
      throw .tokenRefused(reason)
    } catch {
      throw .engine(error)
    }
    throw .unauthenticated(reason)
  }

  /// Whether a caller may do something, asked before its request is read. What is allowed is asked
  /// again when it is known what is to be done.
  public func precheck(
    _ action: ServiceAction, on name: String?, _ caller: Caller
  ) throws(ServiceError) {
    do throws(ServiceError) {
      try caller.access.check(action.requirement, on: name, ownName: ownName)
    } catch {
      audit?.write(caller, action, on: name, refusal: error)
      throw error
    }
  }

  /// Refuses a caller who may not do something that is no function of its own.
  public func check(
    _ action: ServiceAction, on name: String? = nil, _ call: ServiceCall
  ) throws(ServiceError) {
    if let name { try admit(call, to: action, on: name) } else { try admit(call, to: action) }
  }

  /// Lets a caller do something that is about a collection, or refuses it.
  ///
  /// - Parameter lookups: other collections that it reads from.
  /// - Returns: the name that the caller's right is given under.
  @discardableResult
  func admit(
    _ call: ServiceCall, to action: ServiceAction, on name: String, lookups: [String] = []
  ) throws(ServiceError) -> String {
    do throws(ServiceError) {
      let permitted = try call.access.check(action.requirement, on: name, ownName: ownName)
      for other in lookups { try call.access.check(.read, on: other, ownName: ownName) }
      audit?.write(call.caller, action, on: name, refusal: nil)
      return permitted
    } catch {
      audit?.write(call.caller, action, on: name, refusal: error)
      throw error
    }
  }

  /// Lets a caller do something that is about the whole server, or refuses it.
  func admit(_ call: ServiceCall, to action: ServiceAction) throws(ServiceError) {
    do throws(ServiceError) {
      try call.access.check(action.requirement)
      audit?.write(call.caller, action, on: nil, refusal: nil)
    } catch {
      audit?.write(call.caller, action, on: nil, refusal: error)
      throw error
    }
  }

  /// The receipt of a call that begins; `nil` where nobody writes down who calls.
  public func makeReceipt() -> AuditReceipt? { audit.map { _ in AuditReceipt() } }

  /// Waits until what was written down of a call is with the kernel: it is answered behind its
  /// lines in the audit log.
  public func settle(_ receipt: AuditReceipt?) async {
    if let receipt { await audit?.settle(receipt) }
  }

  /// Whether calls are told apart by what a proxy says of their clients; `nil` where nobody writes
  /// down who calls.
  public var trustsForwarding: Bool { audit?.settings.trustsForwarding ?? false }

  private var ownName: (String) -> String? {
    { [state] name in (try? state.openDatabase?.collection(named: name))?.name }
  }
}

extension ServiceError {
  /// What the bearer of a token is told that is not taken; `nil` where it is none at all.
  fileprivate init?(_ fault: TokenFault) {
    switch fault {
    case .malformed: return nil
    case .wrongSignature: self = .tokenRefused("InvalidSignature")
    case .expired: self = .tokenRefused("ExpiredSignature")
    case .invalid(let reason): self = .unauthenticated(reason)
    }
  }
}
