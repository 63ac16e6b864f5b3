/// Where objects are kept: a bucket of a service that speaks S3's API, and the key to it.
public struct S3Location: Sendable {
  /// The bucket.
  public var bucket: String
  /// What all keys begin with: empty, or with a slash at its end.
  public var prefix: String
  /// The service, as `https://s3.eu-central-1.amazonaws.com`, without a slash at its end.
  public var endpoint: String
  /// As in `us-east-1`; services without regions take any.
  public var region: String
  /// Whether the bucket stands in the path instead of the host's name.
  public var isPathStyle: Bool
  /// The key that requests are signed with; without one they are not signed.
  public var credentials: S3Credentials?

  /// Reads `s3://bucket/prefix`.
  ///
  /// - Parameters:
  ///   - endpoint: the service; `nil` is Amazon's in that region.
  ///   - isPathStyle: `nil` is: for every service but Amazon's.
  /// - Throws: ``S3LocationError`` with a sentence that says what is wrong.
  public init(
    url: String, endpoint: String? = nil, region: String = "us-east-1", isPathStyle: Bool? = nil,
    credentials: S3Credentials? = nil
  ) throws(S3LocationError) {
    guard url.hasPrefix("s3://") else {
      throw S3LocationError("\(url) does not begin with s3://")
    }
    let path = url.dropFirst(5).split(separator: "/", omittingEmptySubsequences: true)
    guard let name = path.first, Self.isBucketName(name) else {
      throw S3LocationError("\(url) names no bucket: 3 to 63 of a-z, 0-9, `-` and `.`")
    }
    for part in path.dropFirst() {
      guard part.utf8.allSatisfy(Self.isKeyByte), part != ".", part != ".." else {
        throw S3LocationError(
          "`\(part)` in \(url) has other characters than letters, digits, `-`, `_` and `.`")
      }
    }
    guard !region.isEmpty, region.utf8.allSatisfy(Self.isKeyByte) else {
      throw S3LocationError("`\(region)` is no region")
    }
    var base = endpoint ?? "https://s3.\(region).amazonaws.com"
    while base.hasSuffix("/") { base.removeLast() }
    guard base.hasPrefix("http://") || base.hasPrefix("https://") else {
      throw S3LocationError("the endpoint \(base) does not begin with http:// or https://")
    }
    bucket = String(name)
    prefix = path.count > 1 ? path.dropFirst().joined(separator: "/") + "/" : ""
    self.endpoint = base
    self.region = region
    self.isPathStyle = isPathStyle ?? (endpoint != nil)
    self.credentials = credentials
  }

  /// The address of the bucket.
  var bucketURL: String {
    if isPathStyle { return "\(endpoint)/\(bucket)" }
    guard let scheme = endpoint.firstRange(of: "://") else { return endpoint }
    return endpoint[..<scheme.upperBound] + "\(bucket)." + endpoint[scheme.upperBound...]
  }

  private static func isBucketName(_ name: Substring) -> Bool {
    (3...63).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  /// Bytes that stand in a path and in a signature as they are.
  static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}

/// A key to an object store.
public struct S3Credentials: Sendable {
  /// The public half.
  public var keyID: String
  /// The secret half.
  public var secret: String
  /// What comes with keys that are valid for a while.
  public var sessionToken: String?

  /// A key.
  public init(keyID: String, secret: String, sessionToken: String? = nil) {
    self.keyID = keyID
    self.secret = secret
    self.sessionToken = sessionToken
  }
}

/// Why an address of an object store is none.
public struct S3LocationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}
