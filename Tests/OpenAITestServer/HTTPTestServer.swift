import Glibc
import Synchronization

/// A small HTTP/1.1 server on a free port of this machine that answers what a test tells it to.
/// One thread a connection, one request a connection.
public final class HTTPTestServer: Sendable {
  private struct State {
    var requests: [TestRequest] = []
    var held: [Int32] = []
    var isStopped = false
  }

  /// The port it listens on.
  public let port: UInt16
  private let listener: Int32
  private let state = Mutex(State())
  private let handler: @Sendable (TestRequest) -> TestReply

  /// Starts a server; `nil` when there is no port for it.
  public init?(handler: @escaping @Sendable (TestRequest) -> TestReply) {
    self.handler = handler
    _ = signal(SIGPIPE, SIG_IGN)
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard isListening else { return nil }
    TestThread.start { [weak self] in
      // Closed by nobody else: its number might be another server's by the next `accept`.
      defer { close(listener) }
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let server = self else {
          close(connection)
          return
        }
        TestThread.start { server.serve(connection) }
      }
    }
  }

  deinit { stop() }

  /// `http://127.0.0.1:port`.
  public var url: String { "http://127.0.0.1:\(port)" }

  /// The requests so far, in order.
  public var requests: [TestRequest] { state.withLock { $0.requests } }

  /// Closes the port and all connections; a later request finds nobody.
  public func stop() {
    let held = state.withLock { state -> [Int32]? in
      if state.isStopped { return nil }
      state.isStopped = true
      return state.held
    }
    guard let held else { return }
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in held { close(connection) }
  }

  private func serve(_ connection: Int32) {
    guard let request = Self.read(from: connection) else {
      close(connection)
      return
    }
    state.withLock { $0.requests.append(request) }
    switch handler(request) {
    case .respond(let status, let headers, let body):
      var head = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.utf8.count)\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      Self.write(head + "Connection: close\r\n\r\n" + body, to: connection)
      close(connection)
    case .cut(let sent):
      let head = "HTTP/1.1 200 OK\r\nContent-Length: \(sent.utf8.count + 1_000)\r\n\r\n"
      Self.write(head + sent, to: connection)
      close(connection)
    case .hang:
      let isStopped = state.withLock { state in
        state.held.append(connection)
        return state.isStopped
      }
      if isStopped { close(connection) }
    }
  }

  private static func write(_ text: String, to connection: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func read(from connection: Int32) -> TestRequest? {
    var received: [UInt8] = []
    let separator = Array("\r\n\r\n".utf8)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var head: (request: TestRequest, bodyStart: Int, length: Int)?
    while true {
      if head == nil, let end = received.firstRange(of: separator) {
        head = parse(received[..<end.lowerBound], bodyStart: end.upperBound)
        if head?.request.headers["expect"] != nil {
          write("HTTP/1.1 100 Continue\r\n\r\n", to: connection)
        }
      }
      if let head, received.count >= head.bodyStart + head.length {
        return TestRequest(
          method: head.request.method, path: head.request.path, headers: head.request.headers,
          body: Array(received[head.bodyStart..<(head.bodyStart + head.length)]))
      }
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      received += buffer[..<count]
    }
  }

  private static func parse(
    _ head: ArraySlice<UInt8>, bodyStart: Int
  ) -> (request: TestRequest, bodyStart: Int, length: Int)? {
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    guard let words = lines.first?.split(separator: " "), words.count >= 2 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      headers[line[..<colon].lowercased()] = String(value)
    }
    let request = TestRequest(
      method: String(words[0]), path: String(words[1]), headers: headers, body: [])
    return (request, bodyStart, headers["content-length"].flatMap { Int($0) } ?? 0)
  }
}
