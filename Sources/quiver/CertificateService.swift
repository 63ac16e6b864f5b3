import Logging
import QdrantREST
import ServiceLifecycle
import TransportBase

/// Reads the certificates of both transports anew, now and then.
struct CertificateService: Service, CustomStringConvertible {
  /// The certificate of the REST API.
  let rest: ServerCertificate
  /// That of gRPC, from the same files.
  let grpc: ServerCertificate
  let every: Duration
  let logger: Logger

  /// Reads the files that the settings name; `nil` without TLS.
  ///
  /// - Throws: ``CertificateFault``.
  init?(_ settings: ServerSettings, _ logger: Logger) throws(CertificateFault) {
    guard let files = settings.certificateFiles else { return nil }
    rest = try ServerCertificate(files, protocols: ["h2", "http/1.1"])
    grpc = try ServerCertificate(files, protocols: ["h2"])
    every = .seconds(settings.tlsReloadSeconds)
    self.logger = logger
  }

  var description: String { "certificates" }

  func run() async throws {
    if every == .zero {
      try await gracefulShutdown()
      return
    }
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: every)) != nil { reload() }
    }
  }

  private func reload() {
    do throws(CertificateFault) {
      try rest.reload()
      try grpc.reload()
    } catch {
      logger.error("the certificate of before is used on", metadata: ["reason": "\(error)"])
    }
  }
}
