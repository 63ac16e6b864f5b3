public import Logging
import OutageLogging
public import ServiceLifecycle

/// Reads the certificates of a running server anew, now and then, so that they can be replaced
/// while it runs. Files that do not fit are told in the log, and what was read before is used on.
public struct CertificateRenewal: Service, CustomStringConvertible {
  private let certificates: [ServerCertificate]
  private let every: Duration
  private let notes: OutageNotes

  /// A renewal of `certificates`, never when `every` is zero.
  public init(_ certificates: [ServerCertificate], every: Duration, logger: Logger) {
    self.certificates = certificates
    self.every = every
    notes = OutageNotes("the certificate of before is used on", logger: logger)
  }

  /// As a service group names it.
  public var description: String { "certificates" }

  /// Runs until a graceful shutdown.
  public func run() async throws {
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
      for certificate in certificates { try certificate.reload() }
    } catch {
      notes.failed("\(error)", level: .error)
    }
  }
}
