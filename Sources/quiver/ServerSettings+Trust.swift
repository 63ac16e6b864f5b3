import HTTPTransfer
import QdrantREST

extension ServerSettings {
  /// By what commands on this machine know the server: by its very certificate, which is seldom for
  /// the address that it has here. Where it asks for one of theirs, they show the same.
  var ownTrust: HTTPTrust {
    guard enableTLS else { return HTTPTrust() }
    var trust = HTTPTrust(authorities: tlsCertificate)
    trust.checksName = false
    if verifyClients { trust.certificate = (tlsCertificate, tlsKey) }
    return trust
  }
}
