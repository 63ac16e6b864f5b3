import Logging
import QdrantREST
import TransportBase

/// The certificates of both transports, from the same files.
struct ServerCertificates {
  /// That of the REST API.
  let rest: ServerCertificate
  /// That of gRPC.
  let grpc: ServerCertificate
  private let every: Duration

  /// Reads the files that the settings name; `nil` without TLS.
  ///
  /// - Throws: ``CertificateFault``.
  init?(_ settings: ServerSettings) throws(CertificateFault) {
    guard let files = settings.certificateFiles else { return nil }
    rest = try ServerCertificate(files, protocols: ["h2", "http/1.1"])
    grpc = try ServerCertificate(files, protocols: ["h2"])
    every = .seconds(settings.tlsReloadSeconds)
  }

  /// What reads them anew while the server runs.
  func renewal(_ logger: Logger) -> CertificateRenewal {
    CertificateRenewal([rest, grpc], every: every, logger: logger)
  }
}
