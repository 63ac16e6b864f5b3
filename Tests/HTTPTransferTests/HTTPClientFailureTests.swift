import Foundation
import HTTPTransfer
import Testing

@Suite struct HTTPClientFailureTests {
  static func error(
    of request: HTTPRequest, client: HTTPClient = HTTPClient()
  ) async -> HTTPClientError? {
    do {
      _ = try await client.send(request)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a refused connection is a connection failure`() async throws {
    let (socket, port) = try ScriptedServer.boundSocket()
    defer { close(socket) }
    let error = await Self.error(of: HTTPRequest(url: "http://127.0.0.1:\(port)/"))
    guard case .connectionFailed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a silent server times out, also on a connection used before`() async throws {
    let server = try ScriptedServer { request in
      request.path == "/hang"
        ? [.hang] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
    let client = HTTPClient()
    let hang = HTTPRequest(url: server.url + "/hang", timeoutSeconds: 0.2)
    #expect(await Self.error(of: hang, client: client) == .timedOut)
    #expect(await Self.error(of: HTTPRequest(url: server.url), client: client) == nil)
    let connections = server.connections
    #expect(await Self.error(of: hang, client: client) == .timedOut)
    #expect(server.connections == connections)
  }

  @Test func `a body cut in the middle is an interruption`() async throws {
    let server = try ScriptedServer { request in
      switch request.path {
      case "/length":
        [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"), .close]
      case "/chunked":
        [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), .close]
      case "/framing":
        [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"), .close]
      default: [.close]
      }
    }
    for path in ["/length", "/chunked", "/framing", "/nothing"] {
      let error = await Self.error(of: HTTPRequest(url: server.url + path))
      guard case .interrupted = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func `what is not HTTP is an interruption`() async throws {
    let server = try ScriptedServer { _ in [.send("hello there\r\n\r\n"), .close] }
    let error = await Self.error(of: HTTPRequest(url: server.url))
    guard case .interrupted = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `huge bodies and heads are too large`() async throws {
    let server = try ScriptedServer { request in
      switch request.path {
      case "/announced": [.send("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"), .hang]
      case "/chunked":
        [
          .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4C4B40\r\n"),
          .fill(5_000_000), .close,
        ]
      case "/exact": [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"), .fill(1_000)]
      default:
        [.send("HTTP/1.1 200 OK\r\n")]
          + (0..<100).map { .send("X-\($0): " + String(repeating: "y", count: 8_000) + "\r\n") }
          + [.close]
      }
    }
    for path in ["/announced", "/chunked", "/head"] {
      let request = HTTPRequest(url: server.url + path, maximumResponseBytes: 1_000)
      #expect(await Self.error(of: request) == .tooLarge, "\(path)")
    }
    let exact = HTTPRequest(url: server.url + "/exact", maximumResponseBytes: 1_000)
    #expect(try await HTTPClient().send(exact).body.count == 1_000)
  }

  @Test(arguments: [(HTTPRequest.answerBytesMax, false), (HTTPRequest.answerBytesMax + 1, true)])
  func `answers have a bound that nobody has to set`(bytes: Int, isTooLarge: Bool) async throws {
    let server = try ScriptedServer { _ in
      [.send("HTTP/1.1 200 OK\r\nContent-Length: \(bytes)\r\n\r\n"), .close]
    }
    let error = await Self.error(of: HTTPRequest(url: server.url))
    #expect((error == .tooLarge) == isTooLarge, "\(String(describing: error))")
  }

  /// Of `HeaderBlock.bytesMax`, with the line of the status and the empty one at the end.
  @Test(arguments: [(256 << 10, false), (256 << 10 + 1, true)])
  func `the head of an answer has a bound`(bytes: Int, isTooLarge: Bool) async throws {
    let (start, end) = ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "\r\n")
    let line = "X: " + String(repeating: "y", count: 1_000) + "\r\n"
    var left = bytes - start.utf8.count - end.utf8.count
    var lines = ""
    while left > 2 * line.utf8.count {
      lines += line
      left -= line.utf8.count
    }
    lines += "X: " + String(repeating: "y", count: left - 5) + "\r\n"
    let head = start + lines + end
    try #require(head.utf8.count == bytes)
    let server = try ScriptedServer { _ in [.send(head), .close] }
    let error = await Self.error(of: HTTPRequest(url: server.url))
    #expect(error == (isTooLarge ? .tooLarge : nil))
  }

  @Test func `TLS to a server without it is a TLS error`() async throws {
    let server = try ScriptedServer(greeting: "220 this is no handshake\r\n")
    let error = await Self.error(of: HTTPRequest(url: "https://127.0.0.1:\(server.port)/"))
    guard case .tls = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `cancelling the task ends the transfer`() async throws {
    let server = try ScriptedServer { _ in [.hang] }
    let client = HTTPClient()
    let url = server.url
    let task = Task { await Self.error(of: HTTPRequest(url: url), client: client) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    #expect(await task.value == .cancelled)
    while server.hangsEnded == 0 { try await Task.sleep(for: .milliseconds(5)) }
    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await Self.error(of: HTTPRequest(url: url), client: client)
    }
    #expect(await early.value == .cancelled)
    #expect(server.requests.count == 1)
  }

  @Test(arguments: [[], [1, 2, 3]] as [[UInt8]])
  func `what is sent once does not come twice`(body: [UInt8]) async throws {
    let server = try ScriptedServer { request in
      request.path == "/lost"
        ? [.close] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
    let client = HTTPClient()
    var request = HTTPRequest(
      method: body.isEmpty ? "DELETE" : "PUT", url: server.url + "/lost", body: body)
    func arrivals() -> Int { server.requests.count { $0.path == "/lost" } }
    // A connection that was used before: libcurl takes its end for one that came before.
    #expect(await Self.error(of: HTTPRequest(url: server.url), client: client) == nil)
    guard case .interrupted = await Self.error(of: request, client: client) else {
      Issue.record("a request without an answer was answered")
      return
    }
    #expect(arrivals() == 2, "else the test shows nothing")
    request.isSentOnce = true
    #expect(await Self.error(of: HTTPRequest(url: server.url), client: client) == nil)
    guard case .interrupted = await Self.error(of: request, client: client) else {
      Issue.record("a request without an answer was answered")
      return
    }
    #expect(arrivals() == 3)
    request.url = server.url
    #expect(await Self.error(of: request, client: client) == nil)
    #expect(server.requests.last?.body == body)
  }

  @Test func `what was sent is not said to be unsent when the server is gone since`() async throws {
    let server = try ScriptedServer { request in
      request.path == "/lost" ? [.end] : [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
    let client = HTTPClient()
    #expect(await Self.error(of: HTTPRequest(url: server.url), client: client) == nil)
    var request = HTTPRequest(method: "PUT", url: server.url + "/lost", body: [1, 2, 3])
    request.isSentOnce = true
    guard case .interrupted = await Self.error(of: request, client: client) else {
      Issue.record("libcurl's second connection counts for the request")
      return
    }
    #expect(server.requests.last?.body == [1, 2, 3])
    guard case .connectionFailed = await Self.error(of: request, client: client) else {
      Issue.record("a server that is gone was reached")
      return
    }
  }

  @Test func `requests cancelled at any moment end once`() async throws {
    let server = try ScriptedServer { _ in
      [.wait(milliseconds: 1), .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]
    }
    let client = HTTPClient()
    let url = server.url
    for round in 0..<200 {
      let task = Task { await Self.error(of: HTTPRequest(url: url), client: client) }
      for _ in 0..<(round % 20) { await Task.yield() }
      task.cancel()
      let error = await task.value
      #expect(error == nil || error == .cancelled)
    }
    #expect(await Self.error(of: HTTPRequest(url: url), client: client) == nil)
  }

  @Test func `shutdown ends what is under way and refuses what comes later`() async throws {
    let server = try ScriptedServer { _ in [.hang] }
    let client = HTTPClient()
    let url = server.url
    let tasks = (0..<5).map { _ in
      Task { await Self.error(of: HTTPRequest(url: url), client: client) }
    }
    while server.requests.count < 5 { try await Task.sleep(for: .milliseconds(5)) }
    client.shutdown()
    client.shutdown()
    for task in tasks { #expect(await task.value == .cancelled) }
    #expect(await Self.error(of: HTTPRequest(url: url), client: client) == .cancelled)
  }
}
