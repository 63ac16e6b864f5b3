package import HTTPTransfer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension ServerSettings {
  /// By what the server knows others that it fetches snapshots from, or sends changes to: the
  /// authorities of its own clients, if there are any, beside those of the system. It shows what
  /// clients have to show here.
  package var peerTrust: HTTPTrust {
    let hasAuthorities = access(tlsAuthorities, R_OK) == 0
    var trust = HTTPTrust(authorities: hasAuthorities ? tlsAuthorities : nil)
    if enableTLS, verifyClients { trust.certificate = (tlsCertificate, tlsKey) }
    return trust
  }
}
