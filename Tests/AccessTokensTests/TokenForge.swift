import Crypto
import Foundation

/// Makes tokens that say anything, with a signature that fits.
struct TokenForge {
  let secret: String

  func token(header: String, payload: String) -> String {
    let message = Self.encode(Data(header.utf8)) + "." + Self.encode(Data(payload.utf8))
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(message.utf8), using: SymmetricKey(data: Data(secret.utf8)))
    return message + "." + Self.encode(Data(code))
  }

  private static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
