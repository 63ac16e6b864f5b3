#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One `GET /readyz` over a plain socket. Blocking.
struct ReadinessProbe {
  let host: String
  let port: Int
  let timeoutSeconds: Int

  /// The status of the answer; `nil` when there was none.
  func status() -> Int? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0 else { return nil }
    defer { freeaddrinfo(found) }
    var candidate = found
    while let address = candidate?.pointee {
      if let status = ask(address) { return status }
      candidate = address.ai_next
    }
    return nil
  }

  private func ask(_ address: addrinfo) -> Int? {
    let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else { return nil }
    let request = Array(
      "GET /readyz HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
    else { return nil }
    // `HTTP/1.1 200` is all that counts.
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 256)
    while answer.count < 12 {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count <= 0 { return nil }
      answer += chunk[..<count]
    }
    let words = String(decoding: answer, as: UTF8.self).split(separator: " ")
    return words.count > 1 ? Int(words[1].prefix(3)) : nil
  }
}
