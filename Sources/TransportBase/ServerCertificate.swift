public import NIOCore
import NIOSSL
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The certificate by which a server speaks TLS, from files that may be replaced while it runs: who
/// connects after a ``reload()`` sees the new one.
public final class ServerCertificate: Sendable {
  /// Where a certificate is, and what is asked of clients.
  public struct Files: Sendable, Equatable {
    /// The certificate and those that lead to the authority's, in PEM.
    public var certificate: String
    /// Its private key, in PEM.
    public var key: String
    /// The authorities whose certificates clients must show; `nil` where they need not show any.
    public var clientAuthorities: String?
    /// What the files were named by.
    public var settings: SettingNames

    /// The settings that name the files, for whoever has to mend one.
    public struct SettingNames: Sendable, Equatable {
      var certificate: String
      var key: String
      var clientAuthorities: String

      /// The names of the settings.
      public init(certificate: String, key: String, clientAuthorities: String) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
      }
    }

    /// A certificate with its key.
    public init(
      certificate: String, key: String, clientAuthorities: String? = nil, settings: SettingNames
    ) {
      self.certificate = certificate
      self.key = key
      self.clientAuthorities = clientAuthorities
      self.settings = settings
    }
  }

  private let files: Files
  private let protocols: [String]
  private let context: Mutex<NIOSSLContext>

  /// Reads the files.
  ///
  /// - Parameter protocols: what is spoken over TLS, the best liked first.
  /// - Throws: ``CertificateFault`` when they are not there, or do not belong together.
  public init(_ files: Files, protocols: [String]) throws(CertificateFault) {
    self.files = files
    self.protocols = protocols
    context = Mutex(try Self.read(files, protocols))
  }

  /// Reads the files anew.
  ///
  /// - Throws: ``CertificateFault``; what was read before is used on.
  public func reload() throws(CertificateFault) {
    let new = try Self.read(files, protocols)
    context.withLock { $0 = new }
  }

  /// Makes a new connection begin with TLS. On its event loop.
  public func addHandler(to pipeline: ChannelPipeline.SynchronousOperations) throws {
    let context = context.withLock { $0 }
    try pipeline.addHandler(NIOSSLServerHandler(context: context))
  }

  private static func read(
    _ files: Files, _ protocols: [String]
  ) throws(CertificateFault) -> NIOSSLContext {
    let chain = try certificates(files.certificate, of: files.settings.certificate)
    let key = try reading(files.key, of: files.settings.key, "private key") {
      try NIOSSLPrivateKey(file: files.key, format: .pem)
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = protocols
    if let authorities = files.clientAuthorities {
      let roots = try certificates(authorities, of: files.settings.clientAuthorities)
      configuration.trustRoots = .certificates(roots)
      configuration.certificateVerification = .noHostnameVerification
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw CertificateFault(
        setting: files.settings.certificate, path: files.certificate,
        reason: "does not fit the key \(files.key): \(error)")
    }
  }

  private static func certificates(
    _ path: String, of setting: String
  ) throws(CertificateFault) -> [NIOSSLCertificate] {
    let found = try reading(path, of: setting, "certificate") {
      try NIOSSLCertificate.fromPEMFile(path)
    }
    guard !found.isEmpty else {
      throw CertificateFault(setting: setting, path: path, reason: "holds no certificate")
    }
    return found
  }

  private static func reading<Value>(
    _ path: String, of setting: String, _ what: String, _ read: () throws -> Value
  ) throws(CertificateFault) -> Value {
    guard access(path, R_OK) == 0 else {
      let reason = String(cString: strerror(errno))
      throw CertificateFault(setting: setting, path: path, reason: "can't be read: \(reason)")
    }
    do {
      return try read()
    } catch {
      throw CertificateFault(setting: setting, path: path, reason: "is no \(what) in PEM")
    }
  }
}

/// Why a server can't speak TLS with the files that it was given.
public struct CertificateFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The setting that names the file.
  public let setting: String
  /// The file.
  public let path: String
  /// What is wrong with it, as the rest of a sentence.
  public let reason: String

  /// One sentence.
  public var description: String { "\(setting): the file \(path) \(reason)" }
}
