/// Where a transfer delivers what comes in. All calls come from the client's thread and must not
/// block it.
///
/// The seam for streaming: a receiver may pass each piece on as it comes.
protocol ResponseReceiver: AnyObject {
  /// The status line and the headers, once. False gives the response up as too large.
  func receiveHead(status: Int, headers: [(String, String)]) -> Bool
  /// The next piece of the body. False gives the response up as too large.
  func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool
  /// The end, once and last. `error` is nil when the response is complete.
  func finish(_ error: HTTPClientError?)
}
