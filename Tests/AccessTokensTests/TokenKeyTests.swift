import AccessTokens
import FastJSON
import PointModel
import Testing

@Suite struct TokenKeyTests {
  private static let key = TokenKey(secret: "short")
  private static let now: UInt64 = 1_800_000_000

  /// A token of any header and payload, with a signature that fits.
  private static func token(
    _ payload: String, header: String = #"{"alg":"HS256"}"#
  ) -> String {
    TokenForge(secret: "short").token(header: header, payload: payload)
  }

  private static func fault(_ token: String) -> TokenFault? {
    do throws(TokenFault) {
      _ = try key.claims(of: token, now: now)
      return nil
    } catch {
      return error
    }
  }

  @Test func whatIsSignedIsReadAgain() throws {
    let many = TokenClaims(
      access: .collections([
        .init(collection: "a", right: .read), .init(collection: "b", right: .readWrite),
        .init(collection: "c:d é", right: .points),
      ]), expiry: Self.now + 1,
      valueExists: .init(
        collection: "users",
        matches: [
          .init(key: try #require(PayloadPath("id")), value: .string("x")),
          .init(key: try #require(PayloadPath("a.b[]")), value: .integer(-4)),
          .init(key: try #require(PayloadPath("c")), value: .bool(true)),
        ]), subject: "somebody", owner: "someone")
    for claims in [many, TokenClaims(), TokenClaims(access: .read)] {
      let token = Self.key.token(of: claims)
      #expect(try Self.key.claims(of: token, now: Self.now) == claims)
      #expect(throws: TokenFault.wrongSignature) {
        try TokenKey(secret: "other").claims(of: token, now: Self.now)
      }
    }
  }

  /// The example of jwt.io, which other libraries agree on.
  @Test func tokensOfOthersAreRead() throws {
    let token = """
      eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0\
      IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c
      """
    let claims = try TokenKey(secret: "your-256-bit-secret").claims(of: token, now: Self.now)
    #expect(claims == TokenClaims(access: .manage, owner: "1234567890"))
  }

  @Test func timeIsOverHalfAMinuteLater() {
    for (expiry, fault) in [
      (Self.now + 10, nil), (Self.now, nil), (Self.now - 30, nil),
      (Self.now - 31, TokenFault.expired), (0, .expired),
    ] as [(UInt64, TokenFault?)] {
      #expect(Self.fault(Self.token(#"{"exp":\#(expiry)}"#)) == fault, "\(expiry)")
    }
    // A clock that stands at the beginning makes nothing valid or invalid by overflow.
    #expect((try? Self.key.claims(of: Self.token(#"{"exp":0}"#), now: 0)) != nil)
  }

  @Test(arguments: [
    "", ".", "..", "a.b.c", "foo.bar.baz", "{}", "no token at all", "a.b.c.d",
  ])
  func whatIsNoToken(_ text: String) {
    #expect(Self.fault(text) == .malformed)
  }

  @Test(arguments: [
    #"{"alg":"none"}"#, #"{"alg":"HS512"}"#, #"{"alg":"hs256"}"#, #"{"alg":"RS256"}"#, #"{}"#,
    #"{"alg":null}"#, #"{"alg":["HS256"]}"#, #"{"alg":"HS256","alg":"none"}"#,
    #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","crit":["exp"]}"#, "[]", "HS256", "",
  ])
  func algorithmsThatAreNotOurs(_ header: String) {
    #expect(Self.fault(Self.token("{}", header: header)) == .malformed, "\(header)")
    #expect(Self.fault(Self.token("{}", header: header) + "=") == .malformed)
  }

  @Test func nothingOfATokenMayBeChanged() throws {
    let token = Self.token(#"{"access":"r"}"#)
    #expect(Self.fault(token) == nil)
    let parts = token.split(separator: ".").map(String.init)
    let manage = Self.token(#"{"access":"m"}"#).split(separator: ".").map(String.init)
    #expect(Self.fault("\(parts[0]).\(manage[1]).\(parts[2])") == .wrongSignature)
    #expect(Self.fault("\(parts[0]).\(parts[1]).") == .wrongSignature)
    #expect(Self.fault("\(parts[0]).\(parts[1]).\(parts[2].dropLast(4))") == .wrongSignature)
    // Bits beyond the last byte would be a second text for the same token.
    let last = try #require(parts[2].last)
    let twins = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".filter {
      $0 != last
    }
    for twin in twins {
      #expect(Self.fault("\(parts[0]).\(parts[1]).\(parts[2].dropLast())\(twin)") != nil)
    }
  }

  @Test(arguments: [
    #"{"access":"rw"}"#, #"{"access":"R"}"#, #"{"access":null}"#, #"{"access":1}"#,
    #"{"access":{}}"#, #"{"access":["a"]}"#, #"{"access":[{"collection":"a"}]}"#,
    #"{"access":[{"access":"r"}]}"#, #"{"access":[{"collection":1,"access":"r"}]}"#,
    #"{"access":[{"collection":"a","access":"m"}]}"#, #"{"access":"r","access":"m"}"#,
    #"{"access":[{"collection":"a","access":"r","access":"rw"}]}"#,
    #"{"exp":"1"}"#, #"{"exp":-1}"#, #"{"exp":1.5}"#, #"{"exp":true}"#, #"{"sub":1}"#,
    #"{"subject":[]}"#, #"{"value_exists":{}}"#, #"{"value_exists":{"collection":"a"}}"#,
    #"{"value_exists":{"collection":"a","matches":[{"key":"k"}]}}"#,
    #"{"value_exists":{"collection":"a","matches":[{"key":"","value":1}]}}"#,
    #"{"value_exists":{"collection":"a","matches":[{"key":"k","value":null}]}}"#,
    #"{"value_exists":{"collection":"a","matches":[{"key":"k","value":1.5}]}}"#,
    "[]", "null", "\"m\"", "{", "",
  ])
  func claimsThatSayNothingKnown(_ payload: String) {
    #expect(Self.fault(Self.token(payload)) == .malformed, "\(payload)")
  }

  @Test(arguments: [
    #"{}"#, #"{"iat":1,"nbf":99999999999,"aud":"x","jti":[1]}"#, #"{"exp":null,"sub":null}"#,
    #"{"access":[]}"#, #"{"access":[{"collection":"a","access":"r","payload":null,"more":1}]}"#,
    #"{"value_exists":null}"#,
  ])
  func claimsThatAreIgnored(_ payload: String) {
    #expect(Self.fault(Self.token(payload)) == nil, "\(payload)")
  }

  @Test func whatMayNotBeSaid() {
    let payload =
      #"{"access":[{"collection":"a","access":"r"},{"collection":"b","access":"r","payload":{}}]}"#
    #expect(
      Self.fault(Self.token(payload))
        == .invalid(
          "access[1].access.payload: The 'payload' constraint is deprecated and should not be used")
    )
    #expect(
      Self.fault(
        Self.token(
          #"{"access":[{"collection":"a","access":"r"},{"collection":"a","access":"rw"}]}"#))
        == .invalid("access[1].access.collection: Collection name should be unique"))
  }
}
