/// A way for a model provider to go wrong, or just its own way to be right.
public enum OpenAIFault: Sendable, Equatable {
  /// As it should be.
  case none
  /// 429 with `Retry-After` in seconds.
  case tooManyRequests(retryAfter: Int)
  /// 503 with `Retry-After` in seconds.
  case busy(retryAfter: Int)
  /// A status with an error body.
  case status(Int, message: String)
  case hang
  /// The response breaks off in the middle.
  case cutStream
  /// 200 with a body that is no JSON.
  case badJSON
  /// The chat's content is this text.
  case content(String)
  /// The chat's content is this text, cut off at the limit of tokens.
  case truncated(String)
  /// The chat's content is this text in a list of parts, as some providers have it.
  case parts(String)
  /// The model declines.
  case refusal(String)
  /// 400 for requests with a `response_format` of one of these types; as it should be otherwise.
  case responseFormatUnavailable(Set<String>)
  /// The chat's content is null.
  case emptyContent
  /// Vectors of this many components.
  case dimension(Int)
  /// Vectors of texts in place of numbers.
  case wordVectors
  /// One vector more than texts.
  case extraVector
  /// One vector less than texts.
  case missingVector
  /// Vectors in reverse order; their `index` tells which is which.
  case reversed
  /// 413 for more than this many texts.
  case batchLimit(Int)
}
