import ArgumentParser
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A service that accepts connections, and ends the process at once where its port can't be had: to
/// cancel another one, whose port is open already, while a client connects to it would crash it.
struct ListeningService<Base: Service>: Service, CustomStringConvertible {
  let base: Base
  let host: String
  let port: Int
  let logger: Logger

  init(_ base: Base, on host: String, port: Int, logger: Logger) {
    self.base = base
    self.host = host
    self.port = port
    self.logger = logger
  }

  var description: String { "\(base)" }

  func run() async throws {
    do {
      try await base.run()
    } catch let error as IOError {
      let reason = String(cString: strerror(error.errnoCode))
      logger.critical("cannot listen on \(host):\(port): \(reason)")
      _exit(ServerExit.failure.rawValue)
    }
  }
}
