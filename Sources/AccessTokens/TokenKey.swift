import Crypto
import FastJSON

/// A secret that tokens are signed with: JSON Web Tokens (RFC 7519) by HMAC with SHA-256, and by
/// nothing else.
///
/// A token that names another algorithm, `none` among them, is none. Signatures are compared in
/// constant time. A secret of any length will do, as keys of servers have any; one of 32 bytes or
/// more is as strong as the signature is.
public struct TokenKey: Sendable {
  /// How far clocks may be apart, in seconds.
  public static let leeway: UInt64 = 30

  private let key: SymmetricKey

  /// The key that `secret` is, byte by byte.
  public init(secret: String) {
    key = SymmetricKey(data: Array(secret.utf8))
  }

  /// A token that says `claims`.
  public func token(of claims: TokenClaims) -> String {
    var writer = JSONWriter()
    claims.write(to: &writer)
    let message =
      URLSafeBase64.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8)) + "."
      + URLSafeBase64.encode(writer.bytes)
    let code = HMAC<SHA256>.authenticationCode(for: Array(message.utf8), using: key)
    return message + "." + URLSafeBase64.encode(Array(code))
  }

  /// What a token says that this key has signed.
  ///
  /// - Parameter now: the time in seconds since 1970.
  /// - Throws: the first fault, in this order: its form, its signature, what it says, its time.
  public func claims(of token: String, now: UInt64) throws(TokenFault) -> TokenClaims {
    let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = URLSafeBase64.decode(parts[0]),
      let payload = URLSafeBase64.decode(parts[1]), let signature = URLSafeBase64.decode(parts[2]),
      Self.isOurs(header)
    else { throw .malformed }
    let message = Array(token.utf8[..<parts[1].endIndex])
    guard HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: message, using: key)
    else { throw .wrongSignature }
    let claims = try TokenClaims(parsing: payload)
    if let expiry = claims.expiry, expiry < now - min(now, Self.leeway) { throw .expired }
    return claims
  }

  /// Whether a header names our algorithm, and nothing that would have to be understood.
  private static func isOurs(_ header: [UInt8]) -> Bool {
    guard let root = (try? JSONDocument(parsing: header))?.root.object else { return false }
    var algorithms = 0
    for (name, value) in root {
      switch name {
      case "alg":
        guard value.string == "HS256" else { return false }
        algorithms += 1
      case "crit": return false
      default: break
      }
    }
    return algorithms == 1
  }
}
