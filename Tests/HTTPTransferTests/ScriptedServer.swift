import Foundation
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 whose answer to every request is a script.
// SAFETY: `listener` and `port` are set once in init, everything else is inside the mutex.
final class ScriptedServer: @unchecked Sendable {
  struct Request: Sendable {
    let method: String
    let path: String
    let headers: [String]
    let body: [UInt8]
  }

  enum Step: Sendable {
    case send(String)
    /// This many bytes of `x`.
    case fill(Int)
    case wait(milliseconds: UInt32)
    /// Says nothing more until the client goes away.
    case hang
    case close
    /// Closes, and takes no connection any more.
    case end
  }

  private struct State {
    var requests: [Request] = []
    var connections = 0
    var hangsEnded = 0
  }

  let port: UInt16
  private let listener: Int32
  private let greeting: [UInt8]
  private let script: @Sendable (Request) -> [Step]
  private let state = Mutex(State())

  /// `greeting` is sent on every new connection before a request is read.
  init(
    greeting: String = "", _ script: @escaping @Sendable (Request) -> [Step] = { _ in [.close] }
  ) throws {
    (listener, port) = try Self.boundSocket()
    guard Glibc.listen(listener, 128) == 0 else { throw SocketError() }
    self.greeting = Array(greeting.utf8)
    self.script = script
    let listener = listener
    // Weak: the accept loop must not keep the server, whose deinit ends the loop.
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        self.state.withLock { $0.connections += 1 }
        Thread.detachNewThread {
          self.serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    stopListening()
    close(listener)
  }

  var url: String { "http://127.0.0.1:\(port)" }
  var requests: [Request] { state.withLock { $0.requests } }
  var connections: Int { state.withLock { $0.connections } }
  /// Connections that the client closed while the server was silent.
  var hangsEnded: Int { state.withLock { $0.hangsEnded } }

  private struct SocketError: Error {
    let code = errno
  }

  /// A socket with a port of 127.0.0.1, where nobody listens and that nobody else gets meanwhile.
  static func boundSocket() throws -> (socket: Int32, port: UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw SocketError() }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw SocketError() }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  private func stopListening() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve(_ connection: Int32) {
    guard write(greeting, to: connection) else { return }
    var pending: [UInt8] = []
    while let request = readRequest(connection, &pending) {
      state.withLock { $0.requests.append(request) }
      for step in script(request) {
        switch step {
        case .send(let text):
          guard write(Array(text.utf8), to: connection) else { return }
        case .fill(let count):
          guard write([UInt8](repeating: UInt8(ascii: "x"), count: count), to: connection) else {
            return
          }
        case .wait(let milliseconds): usleep(milliseconds * 1000)
        case .hang:
          var byte: UInt8 = 0
          while recv(connection, &byte, 1, 0) > 0 {}
          state.withLock { $0.hangsEnded += 1 }
          return
        case .close: return
        case .end: return stopListening()
        }
      }
    }
  }

  private func write(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.send(
          connection, buffer.baseAddress.map { $0 + sent }, bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private func readRequest(_ connection: Int32, _ pending: inout [UInt8]) -> Request? {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let range = pending.firstRange(of: end) {
        let lines = String(decoding: pending[..<range.lowerBound], as: UTF8.self)
          .components(separatedBy: "\r\n")
        let length =
          lines.first { $0.lowercased().hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        if pending.count >= range.upperBound + length {
          let body = Array(pending[range.upperBound..<(range.upperBound + length)])
          pending.removeFirst(range.upperBound + length)
          let start = lines[0].components(separatedBy: " ")
          return Request(
            method: start[0], path: start.count > 1 ? start[1] : "",
            headers: Array(lines.dropFirst()), body: body)
        }
      }
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      pending.append(contentsOf: buffer[..<count])
    }
  }
}
