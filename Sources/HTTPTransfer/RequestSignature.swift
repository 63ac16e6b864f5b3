/// What a request is signed with (AWS Signature Version 4), as services that speak S3's API ask
/// for. libcurl signs.
public struct RequestSignature: Sendable {
  /// The public half of the key.
  public var keyID: String
  /// The secret half of the key; never sent.
  public var secret: String
  /// As in `us-east-1`.
  public var region: String
  /// As in `s3`.
  public var service: String

  /// A signature by this key.
  public init(keyID: String, secret: String, region: String, service: String) {
    self.keyID = keyID
    self.secret = secret
    self.region = region
    self.service = service
  }

  /// The word by which libcurl is told.
  var option: String { "aws:amz:\(region):\(service)" }
}
