import CCurl

/// The body of the client's thread: owns the multi handle, and with it all connections.
final class TransferLoop {
  private let queue: TransferQueue
  private let multi: UnsafeMutableRawPointer
  private var active: [UInt64: Transfer] = [:]

  /// libcurl wakes up for its own timers before that; this only bounds a wait with nothing to do.
  private static let idleMilliseconds: Int32 = 60_000

  /// Nil when libcurl is out of memory.
  init?(queue: TransferQueue) {
    guard let multi = curl_multi_init() else { return nil }
    self.queue = queue
    self.multi = multi
    queue.attach(multi)
  }

  deinit {
    queue.detach()
    curl_multi_cleanup(multi)
  }

  /// Runs until the queue is stopped; ends what is still under way as cancelled.
  func run() {
    while true {
      let (orders, cancelled, isStopping) = queue.take()
      orders.forEach(start)
      if isStopping { break }
      for id in cancelled {
        if let transfer = remove(id) { transfer.abort(.cancelled) }
      }
      var running: Int32 = 0
      curl_multi_perform(multi, &running)
      if finishCompleted() { continue }
      curl_multi_poll(multi, nil, 0, Self.idleMilliseconds, nil)
    }
    for id in Array(active.keys) { remove(id)?.abort(.cancelled) }
  }

  private func start(_ order: TransferQueue.Order) {
    let receiver = BufferedReceiver(
      maximumBytes: order.request.maximumResponseBytes, sink: order.sink,
      continuation: order.continuation)
    guard
      let transfer = Transfer(
        id: order.id, request: order.request, trust: queue.trust, receiver: receiver),
      curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
    else {
      queue.finished(order.id)
      receiver.finish(.interrupted("out of memory"))
      return
    }
    active[order.id] = transfer
  }

  private func remove(_ id: UInt64) -> Transfer? {
    guard let transfer = active.removeValue(forKey: id) else { return nil }
    curl_multi_remove_handle(multi, transfer.easy)
    queue.finished(id)
    return transfer
  }

  /// Ends the transfers that libcurl reports as done. True when there were any.
  private func finishCompleted() -> Bool {
    var finished: [(UnsafeMutableRawPointer, CURLcode)] = []
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      // The message is gone once its handle is removed: read it first.
      if message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle {
        finished.append((easy, quiver_curl_message_result(message)))
      }
    }
    for (easy, code) in finished {
      guard let id = active.first(where: { $0.value.easy == easy })?.key,
        let transfer = remove(id)
      else { continue }
      transfer.finish(code)
    }
    return !finished.isEmpty
  }
}
