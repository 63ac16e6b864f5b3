/// By what a client knows the servers that it asks over TLS, and they it.
public struct HTTPTrust: Sendable {
  /// A file of certificates in PEM that are trusted beside those of the system.
  public var authorities: String?
  /// Whether the server's certificate must be for the name that it is asked by. Not to be turned
  /// off unless `authorities` is the certificate of that one server.
  public var checksName = true
  /// What is shown to servers that ask for a certificate: files in PEM.
  public var certificate: (path: String, key: String)?

  /// What the system trusts, and what `authorities` holds.
  public init(authorities: String? = nil) {
    self.authorities = authorities
  }
}
