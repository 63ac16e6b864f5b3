package import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Finds out that a client is gone that could not say so: its machine, or the way there, is no
/// more, and nothing ever comes.
///
/// While it sends, takes an answer or is idle, a ``ConnectionGuard`` reckons its time. While it
/// waits for an answer it has nothing to do, so the system has to ask it.
package enum PeerWatch {
  /// Times that a silent client is asked.
  private static let questions = 6

  /// Has the system ask after the client of a connection, and end the connection without an answer.
  package static func begin(_ channel: any Channel, _ limits: ConnectionLimits) {
    let silence = Int(limits.silence.nanoseconds / 1_000_000_000)
    let patience = Int(limits.silencePatience.nanoseconds / 1_000_000_000)
    let options: [(Int32, Int)] = [
      (TCP_KEEPIDLE, silence), (TCP_KEEPINTVL, max(1, patience / questions)),
      (TCP_KEEPCNT, questions),
      // What was sent and is not taken in counts likewise.
      (TCP_USER_TIMEOUT, 1000 * (silence + patience)),
    ]
    // A connection that has ended by now takes none, and needs none.
    _ = channel.setOption(.socketOption(.so_keepalive), value: 1)
    for (name, value) in options {
      _ = channel.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: name)), value: value)
    }
  }
}
