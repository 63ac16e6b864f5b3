package import HTTPTransfer
import Synchronization

/// Why the server that leads did not answer a change that was to be sent to it.
package enum ForwardingError: Error, Sendable, Equatable {
  /// It was not sent.
  case unsent(String)
  /// It was sent, and may have been made.
  case unknown(String)
}

extension Replicator {
  /// The header of requests that another server sent on, which are not sent on again; its value is
  /// that server's address.
  package static let forwardedHeader = "quiver-forwarded-by"
  /// The header of answers that says how far the server's database is: the last segment of the log
  /// that it holds.
  package static let positionHeader = "quiver-position"
  /// The header of answers that says how many milliseconds ago the server had all of the log.
  package static let lagHeader = "quiver-lag-ms"

  private static let connectSeconds = 5.0

  /// The server that takes changes, if that is another one and this one follows it.
  package var leaderElsewhere: LeaderPlace? { sharing.leaderElsewhere }

  /// How far the database is, and how old that may be; `nil` where no server follows another.
  package var progress: ReplicaProgress? { sharing.progress }

  private var limits: ReplicationLimits { plan.limits }

  /// Sends a change to the server that leads, once, and returns what it answers. When it is known
  /// that another one leads, the answer is waited for no longer than for a write.
  ///
  /// - Parameters:
  ///   - path: what is asked for, without a query.
  ///   - seconds: how long the client waits; `nil` if it does not say.
  package func forward(
    _ request: HTTPRequest, path: String, within seconds: Double?, to leader: LeaderPlace
  ) async throws(ForwardingError) -> HTTPResponse {
    guard let peers else { throw .unsent("this server asks no other one") }
    forwarded.add(1, ordering: .relaxed)
    var once = request
    once.isSentOnce = true
    once.timeoutSeconds = seconds ?? Double(limits.forwardMilliseconds) / 1000
    once.connectTimeoutSeconds = min(once.timeoutSeconds, Self.connectSeconds)
    once.maximumResponseBytes = limits.forwardedAnswerBytesMax
    once.headers.append((Self.forwardedHeader, plan.address))
    let (sent, sharing, patience) = (once, sharing, limits.writeMilliseconds)
    typealias Outcome = Result<HTTPResponse, HTTPClientError>
    let outcome = await withTaskGroup(of: Outcome?.self) { group in
      group.addTask {
        do throws(HTTPClientError) {
          return .success(try await peers.send(sent, inTraceAs: path, of: leader.address))
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        await sharing.leaderChanged(from: leader.writer)
        try? await Task.sleep(for: .milliseconds(patience))
        return nil
      }
      let first = await group.next()
      group.cancelAll()
      return first ?? nil
    }
    switch outcome {
    case .success(let response): return response
    case nil: throw .unknown("it does not lead any more")
    case .failure(let error):
      switch error {
      case .connectionFailed, .tls, .invalidURL, .invalidRequest:
        throw .unsent(error.description)
      case .timedOut, .tooLarge, .cancelled, .interrupted: throw .unknown(error.description)
      }
    }
  }

  /// Waits until the database holds everything up to a segment, at most as long as a write waits.
  ///
  /// - Parameter deadline: when whoever asks stops waiting, if that is earlier.
  /// - Returns: whether it does.
  package func wait(
    for segment: UInt64, until deadline: ContinuousClock.Instant? = nil
  ) async -> Bool {
    let last = ContinuousClock.now + .milliseconds(limits.writeMilliseconds)
    return await sharing.wait(for: segment, until: min(last, deadline ?? last))
  }
}
