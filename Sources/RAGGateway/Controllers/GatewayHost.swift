import HTTPTypes
import Hummingbird
import NIOCore

/// The name, or the address, by which a request calls the gateway.
struct GatewayHost: Sendable, Equatable {
  /// In lower case, without a port and a dot at its end.
  let name: String

  /// Ends of names that nobody can register: they are given to machines of one's own network.
  private static let privateEnds: Set = [
    "localhost", "local", "localdomain", "internal", "lan", "home", "corp", "intranet", "private",
    "svc", "test",
  ]

  /// `nil` for a request that does not say it, which browsers always do.
  init?(of request: Request) {
    guard let authority = request.head.authority else { return nil }
    self.init(authority: authority)
  }

  /// Reads `NAME`, `NAME:PORT` or `[ADDRESS]:PORT`.
  init(authority: String) {
    var name = authority.lowercased()[...]
    if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
      name = name[name.index(after: name.startIndex)..<end]
    } else if let colon = name.lastIndex(of: ":") {
      name = name[..<colon]
    }
    if name.hasSuffix(".") { name.removeLast() }
    self.name = String(name)
  }

  /// Whether no stranger's page can have this name: an address, a name without a dot, which only
  /// one's own network knows, or one of a kind that is not given to anybody.
  var cannotBeForeign: Bool {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count > 1, let end = labels.last else { return true }
    return Self.privateEnds.contains(String(end)) || name.hasSuffix(".home.arpa")
      || (try? SocketAddress(ipAddress: name, port: 0)) != nil
  }
}
