public import Hummingbird

/// What a request carries through the gateway: who sent it.
public struct GatewayContext: RequestContext {
  /// What Hummingbird keeps.
  public var coreContext: CoreRequestContextStorage
  /// Who asks.
  public var caller = Caller.anybody

  /// The context of a new request.
  public init(source: Source) {
    coreContext = .init(source: source)
  }
}
