import Crypto
public import HTTPTransfer

/// An ``ObjectStore`` that speaks S3's API.
///
/// Reads, lists, removals and unconditional writes are repeated while the service can't be reached
/// or asks for patience; conditional writes are not, as the repetition would be refused because of
/// the first.
public struct S3Store: ObjectStore {
  let location: S3Location
  private let client: HTTPClient
  private let retry: RetryPolicy
  private let timeoutSeconds: Double

  /// Bytes of an object up to which it is written in one request.
  static let partBytes = 16 << 20
  /// Bytes of an object that is read: more than a store takes in one request.
  private static let objectBytesMax = 6 << 30
  /// Bytes of any other answer of a store.
  private static let answerBytesMax = 16 << 20

  /// The objects at `location`.
  ///
  /// - Parameter timeoutSeconds: patience with one request.
  public init(
    _ location: S3Location, client: HTTPClient, retry: RetryPolicy = RetryPolicy(),
    timeoutSeconds: Double = 60
  ) {
    self.location = location
    self.client = client
    self.retry = retry
    self.timeoutSeconds = timeoutSeconds
  }

  /// See ``ObjectStore``.
  public func create(
    _ key: String, _ bytes: [UInt8]
  ) async throws(ObjectStoreError) -> CreateOutcome {
    let response = try await send(
      "PUT", key, headers: [("if-none-match", "*")], body: bytes, repeats: false)
    switch response.status {
    case 412: return .exists
    // Another conditional write of the key was under way.
    case 409: throw .unreachable("a conflicting request is under way")
    default: return .created(tag: try tag(of: response))
    }
  }

  /// See ``ObjectStore``.
  public func replace(
    _ key: String, ifTag tag: String, _ bytes: [UInt8]
  ) async throws(ObjectStoreError) -> String? {
    let response = try await send(
      "PUT", key, headers: [("if-match", tag)], body: bytes, repeats: false)
    switch response.status {
    case 412, 404: return nil
    case 409: throw .unreachable("a conflicting request is under way")
    default: return try self.tag(of: response)
    }
  }

  /// See ``ObjectStore``.
  public func put(_ key: String, _ bytes: [UInt8]) async throws(ObjectStoreError) {
    if bytes.count > Self.partBytes { return try await putInParts(key, bytes) }
    try refuse(try await send("PUT", key, body: bytes))
  }

  /// See ``ObjectStore``.
  public func get(_ key: String) async throws(ObjectStoreError) -> StoredObject? {
    let response = try await send("GET", key)
    if response.status == 404 {
      try requireBucket(response)
      return nil
    }
    return StoredObject(bytes: response.body, tag: try tag(of: response))
  }

  /// See ``ObjectStore``.
  public func size(of key: String) async throws(ObjectStoreError) -> Int? {
    let response = try await send("HEAD", key)
    if response.status == 404 { return nil }
    try refuse(response)
    guard let text = response.header("Content-Length"), let size = Int(text), size >= 0 else {
      throw .malformed("\(key) has no length")
    }
    return size
  }

  /// See ``ObjectStore``.
  public func list(
    _ prefix: String, after key: String?
  ) async throws(ObjectStoreError) -> ObjectPage {
    var query = [("list-type", "2"), ("prefix", location.prefix + prefix)]
    if let key { query.append(("start-after", location.prefix + key)) }
    let response = try await send("GET", nil, query: query)
    try refuse(response)
    return try S3Reply.page(response.body, prefix: location.prefix)
  }

  /// See ``ObjectStore``.
  public func delete(_ key: String) async throws(ObjectStoreError) {
    let response = try await send("DELETE", key)
    if response.status == 404 { return try requireBucket(response) }
    try refuse(response)
  }

  // MARK: Requests

  /// Sends a request for an object, or for the bucket when there is no key.
  ///
  /// - Returns: a response of 2xx, 404, 409 or 412.
  func send(
    _ method: String, _ key: String?, query: [(String, String)] = [],
    headers: [(String, String)] = [], body: [UInt8] = [], repeats: Bool = true
  ) async throws(ObjectStoreError) -> HTTPResponse {
    // A look at an object tells of its length, too, although nothing of it comes.
    let isObject = ["GET", "HEAD"].contains(method) && key != nil && query.isEmpty
    var request = HTTPRequest(
      method: method, url: url(key, query), headers: headers, body: body,
      timeoutSeconds: timeoutSeconds,
      maximumResponseBytes: isObject ? Self.objectBytesMax : Self.answerBytesMax)
    if ["PUT", "POST"].contains(method) {
      request.headers.append(("content-type", "application/octet-stream"))
    }
    request.headers.append(("x-amz-content-sha256", Self.hex(SHA256.hash(data: body))))
    if let credentials = location.credentials {
      if let token = credentials.sessionToken {
        request.headers.append(("x-amz-security-token", token))
      }
      request.signature = RequestSignature(
        keyID: credentials.keyID, secret: credentials.secret, region: location.region,
        service: "s3")
    }
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await repeats ? retry.run(client, request) : client.send(request)
    } catch {
      throw .unreachable("\(error)")
    }
    switch response.status {
    case 200..<300, 404, 409, 412: return response
    case 408, 429, 500...: throw .unreachable("it answered \(response.status)")
    default: throw S3Reply.refusal(response)
    }
  }

  /// Throws what an answer other than 2xx says.
  func refuse(_ response: HTTPResponse) throws(ObjectStoreError) {
    if !(200..<300).contains(response.status) { throw S3Reply.refusal(response) }
  }

  /// Throws if what is not there is the bucket.
  private func requireBucket(_ response: HTTPResponse) throws(ObjectStoreError) {
    let refusal = S3Reply.refusal(response)
    if case .refused(_, "NoSuchBucket", _) = refusal { throw refusal }
  }

  private func tag(of response: HTTPResponse) throws(ObjectStoreError) -> String {
    try refuse(response)
    guard let tag = response.header("ETag"), !tag.isEmpty else {
      throw .malformed("an object has no ETag")
    }
    return tag
  }

  /// The query in the order and the spelling that a signature is made over.
  private func url(_ key: String?, _ query: [(String, String)]) -> String {
    var url = location.bucketURL
    if let key { url += "/" + location.prefix + key }
    let fields = query.sorted { $0.0 < $1.0 }.map { "\($0.0)=\(Self.encoded($0.1))" }
    return fields.isEmpty ? url : url + "?" + fields.joined(separator: "&")
  }

  private static func encoded(_ text: String) -> String {
    var encoded = ""
    for byte in text.utf8 {
      if S3Location.isKeyByte(byte) || byte == UInt8(ascii: "~") {
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        encoded += "%" + hex([byte]).uppercased()
      }
    }
    return encoded
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
