import HTTPTransfer

/// Asks a running gateway whether it is ready.
public enum HealthRequest {
  /// Whether the gateway at `url` is ready, and what it said.
  public static func send(to url: String) async -> (isReady: Bool, text: String) {
    let client = HTTPClient()
    defer { client.shutdown() }
    var retry = RetryPolicy()
    retry.maximumAttempts = 1
    let endpoint = JSONEndpoint(client: client, base: url, timeout: .seconds(5), retry: retry)
    do {
      let reply = try await endpoint.send(.get, "/health/ready")
      return (reply.isSuccess, reply.isSuccess ? "ready" : reply.complaint)
    } catch {
      return (false, error.message)
    }
  }
}
