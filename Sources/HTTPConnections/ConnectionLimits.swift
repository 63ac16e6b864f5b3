package import NIOCore

/// How long a client may take over each part of a request and its answer, and how much it may
/// send.
///
/// Time in which the server does not read, because it waits for room or for the disk, does not
/// count against the client.
package struct ConnectionLimits: Sendable {
  /// Connections of all ports together; half of the descriptors that the process may have if that
  /// is less, and as many as take half of a memory limit, 36 KiB each. Beyond it those that have
  /// been idle the longest are closed for new ones.
  package var connectionsMax = 10_000
  /// A connection without a request is closed after so long.
  package var idle = TimeAmount.seconds(75)
  /// A request's head is complete so long after its first byte.
  package var head = TimeAmount.seconds(20)
  /// The time that every body has, before its size is counted.
  package var body = TimeAmount.seconds(30)
  /// What of a body has to arrive in each second beyond that, in bytes.
  package var bodyBytesPerSecond = 32 << 10
  /// A client that takes nothing of its answer for so long is cut off.
  package var stalledAnswer = TimeAmount.seconds(30)
  /// What counts as taking something, in bytes.
  package var answerStepBytes = 64 << 10
  /// A client of which nothing has come for so long is asked by the system whether it is there.
  package var silence = TimeAmount.seconds(60)
  /// How long it may take to say so, and beyond that to take in what it was sent.
  package var silencePatience = TimeAmount.seconds(60)
  /// What is still read of a request that was answered before all of it had come: a client that
  /// sends on would otherwise meet a reset instead of its answer.
  package var discardedBytes = 128 << 20
  /// How long that goes on, and again as long as a body would have to come by then.
  package var discarding = TimeAmount.seconds(10)
  /// A body of which no more than this is missing is read to its end, and the connection kept.
  package var unreadBytesKept = 64 << 10
  /// Bytes of a request's head.
  package var headBytesMax = 80 << 10
  /// Bytes around a body that comes in chunks, their sizes, extensions and trailers, beyond eight
  /// for each byte of the body.
  package var chunkFramingBytesMax = 8 << 20
  /// Requests of one connection that may be under way at once, by HTTP/2.
  package var streamsMax = 256
  /// What a client may send of a request before it is told to go on, by HTTP/2, in bytes.
  package var streamWindow = 1 << 20
  /// Fields of a request's head.
  package var headFieldsMax = 1000

  /// The bounds of a server that browsers and clients reach directly.
  package init() {}
}

/// Why a body does not come to its end.
package enum BodyFault: Error, Sendable, Equatable {
  /// It arrives more slowly than any client should.
  case tooSlow(bytes: Int)
  /// It stopped arriving while others waited for the room that it takes.
  case stalled
  /// It has not come in the time that its sender waits for an answer.
  case late(seconds: Int)
  /// Far more came around its chunks than in them.
  case framing(bytes: Int)

  /// Whether it is one that whoever reads the body finds, and not who watches the connection.
  package var isOfReader: Bool {
    switch self {
    case .stalled, .late: true
    case .tooSlow, .framing: false
    }
  }
}
