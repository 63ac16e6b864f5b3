import Foundation
import HTTPTransfer
import Testing

@Suite struct HTTPClientTests {
  static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Answer: 42\r\n\r\nok"

  @Test func `a response has status, headers and body`() async throws {
    let server = try ScriptedServer { _ in
      [
        .send("HTTP/1.1 404 Not Found\r\nX-Trace:  abc \r\nContent-Length: 7\r\n"),
        .send("Retry-After: 3\r\nX-Empty:\r\n\r\nnothing"),
      ]
    }
    let client = HTTPClient()
    let response = try await client.send(HTTPRequest(url: server.url + "/a?b=c"))
    #expect(response.status == 404)
    #expect(response.header("x-trace") == "abc")
    #expect(response.header("X-TRACE") == "abc")
    #expect(response.header("retry-after") == "3")
    #expect(response.header("x-empty") == "")
    #expect(response.header("absent") == nil)
    #expect(response.body == Array("nothing".utf8))
    #expect(server.requests.first?.path == "/a?b=c")
    client.shutdown()
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "GET"])
  func `method, headers and body arrive unchanged`(method: String) async throws {
    let server = try ScriptedServer { _ in [.send(Self.ok)] }
    let client = HTTPClient()
    let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    let headers = [("Content-Type", "application/json"), ("X-Empty", ""), ("X-Text", "naïve")]
    let response = try await client.send(
      HTTPRequest(method: method, url: server.url, headers: headers, body: body))
    #expect(response.status == 200)
    let request = try #require(server.requests.first)
    #expect(request.method == method)
    #expect(request.body == body)
    #expect(request.headers.contains("Content-Type: application/json"))
    #expect(request.headers.contains("X-Text: naïve"))
    #expect(request.headers.contains("X-Empty:"))
    #expect(!request.headers.contains { $0.lowercased().hasPrefix("expect") })
  }

  @Test func `HEAD and an empty POST work`() async throws {
    let server = try ScriptedServer { request in
      [.send(request.method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" : Self.ok)]
    }
    let client = HTTPClient()
    #expect(try await client.send(HTTPRequest(method: "HEAD", url: server.url)).body == [])
    #expect(try await client.send(HTTPRequest(method: "POST", url: server.url)).status == 200)
    let post = try #require(server.requests.last)
    #expect(post.method == "POST" && post.body.isEmpty)
    #expect(!post.headers.contains { $0.lowercased().hasPrefix("content-type") })
  }

  @Test func `chunked and interim responses are understood, redirects are not followed`()
    async throws
  {
    let server = try ScriptedServer { request in
      request.path == "/redirect"
        ? [.send("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")]
        : [
          .send("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n"),
          .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
          .wait(milliseconds: 20), .send("2\r\nde\r\n0\r\n\r\n"),
        ]
    }
    let client = HTTPClient()
    let response = try await client.send(HTTPRequest(url: server.url))
    #expect(response.status == 200)
    #expect(response.body == Array("abcde".utf8))
    #expect(response.header("X-Early") == nil)
    let redirect = try await client.send(HTTPRequest(url: server.url + "/redirect"))
    #expect(redirect.status == 302)
    #expect(server.requests.count == 2)
  }

  @Test func `one connection serves one request after the other`() async throws {
    let server = try ScriptedServer { _ in [.send(Self.ok)] }
    let client = HTTPClient()
    for _ in 0..<5 { _ = try await client.send(HTTPRequest(url: server.url)) }
    #expect(server.requests.count == 5)
    #expect(server.connections == 1)
  }

  @Test func `fifty requests run at a time`() async throws {
    let server = try ScriptedServer { request in
      let body = request.path
      return [
        .wait(milliseconds: 50),
        .send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"),
      ]
    }
    let client = HTTPClient()
    let url = server.url
    try await withThrowingTaskGroup(of: (Int, HTTPResponse).self) { group in
      for index in 0..<50 {
        group.addTask { (index, try await client.send(HTTPRequest(url: "\(url)/\(index)"))) }
      }
      for try await (index, response) in group {
        #expect(response.body == Array("/\(index)".utf8))
      }
    }
    #expect(server.requests.count == 50)
  }

  @Test(arguments: [
    "", "nonsense", "/relative", "ftp://127.0.0.1/x", "file:///etc/hosts", "http://", "http://a b/",
    "http://127.0.0.1/\r\nX: y", "http://127.0.0.1:99999/", "http://127.0.0.1/\u{0}",
  ])
  func `bad URLs are refused`(url: String) async {
    await #expect(throws: HTTPClientError.invalidURL) {
      try await HTTPClient().send(HTTPRequest(url: url))
    }
  }

  @Test func `header injection is refused`() async {
    let client = HTTPClient()
    for header in [("X", "a\r\nY: b"), ("X\r\nY", "a"), ("", "a"), ("X Y", "a"), ("X", "a\u{0}b")] {
      do {
        _ = try await client.send(HTTPRequest(url: "http://127.0.0.1:9/", headers: [header]))
        Issue.record("accepted \(header)")
      } catch {
        guard case .invalidRequest = error else {
          Issue.record("wrong error \(error)")
          continue
        }
      }
    }
    await #expect(throws: HTTPClientError.invalidRequest("method")) {
      try await client.send(HTTPRequest(method: "GET /\r\n", url: "http://127.0.0.1:9/"))
    }
  }
}
