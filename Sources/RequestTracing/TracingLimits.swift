/// The bounds of what is kept for a collector of traces, and of the patience with it.
public struct TracingLimits: Sendable, Equatable {
  /// Finished spans that wait to be sent; those that find no place are dropped and counted.
  public var queuedSpansMax = 4096
  /// Spans of one message.
  public var batchSpansMax = 512
  /// How long the first span of a message waits for others.
  public var gathering = Duration.seconds(1)
  /// How long a message may take.
  public var sending = Duration.seconds(5)
  /// How long what is left may take at the end of the process.
  public var ending = Duration.seconds(2)
  /// The first pause after a message that was not taken; it doubles with each that follows.
  public var pause = Duration.seconds(1)
  /// The longest pause.
  public var pauseMax = Duration.seconds(60)
  /// Attributes of one span; those that find no place are dropped.
  public var attributesMax = 64
  /// Events of one span, and links.
  public var eventsMax = 32

  /// The bounds of a small server.
  public init() {}
}
