import NIOCore

/// What a client may send and hold of one connection, and how long it may take.
struct GRPCLimits: Sendable {
  /// Bytes of a message; a greater one is refused.
  var messageBytesMax: Int
  /// Bytes of a message of a conversation.
  var conversationBytesMax = 64 << 10
  /// Calls at once.
  var streamsMax = 1024
  /// Bytes of a call's headers.
  var headersBytesMax = 64 << 10
  /// Bytes of a frame.
  var frameBytesMax = 1 << 20

  // What a client may send before it is told to go on. Windows grow with what the server has made
  // room for, so that what it has not made room for is never more than that.

  /// What each call may send at once at its beginning, in bytes.
  var callWindow = 64 << 10
  /// What a call may have on its way at most.
  var callWindowMax = 4 << 20
  /// What all calls of a connection may send at once at its beginning.
  var connectionWindow = 512 << 10
  /// What all calls of a connection may have on their way at most.
  var connectionWindowMax = 8 << 20

  /// The time that every message has to arrive, before its size is counted.
  var patience = TimeAmount.seconds(30)
  /// What of a message has to arrive in each second beyond that, in bytes.
  var bytesPerSecond = 32 << 10
  /// What of an answer is handed to the connection at once, in bytes.
  var answerStepBytes = 256 << 10
  /// A client that takes nothing of an answer for so long is not sent the rest.
  var stalledAnswer = TimeAmount.seconds(30)
  /// Small answers that may wait to be sent on a connection before memory is taken for them, and
  /// how much is taken at once, in bytes.
  var smallAnswersStep = 1 << 20
  /// A client of which nothing has come for so long is asked whether it is there.
  var silence = TimeAmount.minutes(2)
  /// How long a frame may take to come, and the first one of a connection, which begins it. What a
  /// message takes is counted on its own: of its frames a part is handed on as it comes.
  var framePatience = TimeAmount.seconds(20)
  /// How long it may take to say so, and to take note that the server ends.
  var pingPatience = TimeAmount.seconds(20)
  /// How long a client may take to close a connection that the server has ended.
  var farewell = TimeAmount.seconds(1)
  /// Resets, pings and the like in half a minute, beyond which a connection is ended. Clients in
  /// Go and C ping with every burst of data, and cancel all that waits when their time is over.
  var controlFramesMax = 10_000
}
