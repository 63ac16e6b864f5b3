import CCurl

/// One request on its way: an easy handle and what belongs to it. Used on the client's thread only.
final class Transfer {
  let id: UInt64
  let easy: UnsafeMutableRawPointer
  private let request: HTTPRequest
  private let receiver: BufferedReceiver
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let message: UnsafeMutablePointer<CChar>
  private var head = HeaderBlock()
  private var trailers = HeaderBlock()
  /// Bytes of the body that libcurl has taken, of a request that is sent once.
  private var bodyBytesTaken = 0
  private var isHeadDelivered = false
  private var isTooLarge = false

  /// Nil when libcurl is out of memory; `receiver` is then still to be told.
  init?(id: UInt64, request: HTTPRequest, trust: HTTPTrust, receiver: BufferedReceiver) {
    guard let easy = curl_easy_init() else { return nil }
    self.id = id
    self.easy = easy
    self.request = request
    self.receiver = receiver
    message = .allocate(capacity: Int(CURL_ERROR_SIZE))
    message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure()
    configure(trust)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    message.deallocate()
  }

  private func configure() {
    quiver_curl_set_string(easy, CURLOPT_URL, request.url)
    quiver_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    quiver_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    quiver_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    // Giving up a transfer must not wait for its name look-up: the thread serves the others too.
    quiver_curl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    quiver_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message)
    quiver_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeoutSeconds))
    quiver_curl_set_long(
      easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeoutSeconds))
    // A service that is started again may have another address: names are looked up anew for every
    // connection, of which there are few.
    quiver_curl_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0)
    quiver_curl_set_offset(
      easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(1, request.maximumResponseBytes)))
    if RequestCheck.isLocal(request.url) {
      quiver_curl_set_string(easy, CURLOPT_PROXY, "")
    }
    if request.isSentOnce { quiver_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1) }
    if request.speaksHTTP2 {
      let isSecure = request.url.lowercased().hasPrefix("https:")
      quiver_curl_set_long(
        easy, CURLOPT_HTTP_VERSION,
        Int(isSecure ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE))
      if !isSecure {
        // libcurl 7.88 can't use such a connection again.
        quiver_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        quiver_curl_set_long(easy, CURLOPT_FORBID_REUSE, 1)
      }
    }
    configureMethod()
    configureHeaders()
    if let signature = request.signature {
      quiver_curl_set_string(easy, CURLOPT_AWS_SIGV4, signature.option)
      quiver_curl_set_string(easy, CURLOPT_USERNAME, signature.keyID)
      quiver_curl_set_string(easy, CURLOPT_PASSWORD, signature.secret)
    }
    let context = Unmanaged.passUnretained(self).toOpaque()
    quiver_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    quiver_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.from(context).receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    quiver_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    quiver_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.from(context).receiveHeader(
        UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
  }

  private func configure(_ trust: HTTPTrust) {
    if let authorities = trust.authorities {
      // Those of the system stand in a folder, which is looked at as well.
      quiver_curl_set_string(easy, CURLOPT_CAINFO, authorities)
    }
    if !trust.checksName { quiver_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0) }
    if let (path, key) = trust.certificate {
      quiver_curl_set_string(easy, CURLOPT_SSLCERT, path)
      quiver_curl_set_string(easy, CURLOPT_SSLKEY, key)
    }
  }

  private func configureMethod() {
    let method = request.method
    if request.isSentOnce, !request.body.isEmpty {
      configureBodySentOnce()
      quiver_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, method)
      return
    }
    // Without a body nothing tells whether the request was sent: a new connection is not retried.
    if request.isSentOnce { quiver_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
    if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
      quiver_curl_set_long(easy, CURLOPT_POST, 1)
      quiver_curl_set_offset(
        easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
      request.body.withUnsafeBytes { body in
        // Copied by libcurl, which needs an address even for no bytes.
        withUnsafeBytes(of: UInt8(0)) { empty in
          let address = body.baseAddress ?? empty.baseAddress
          quiver_curl_set_pointer(
            easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: address))
        }
      }
      quiver_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, method)
    } else if method == "HEAD" {
      quiver_curl_set_long(easy, CURLOPT_NOBODY, 1)
    } else if method != "GET" {
      quiver_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, method)
    }
  }

  /// Has libcurl fetch the body piece by piece. It can't go back to the beginning, so that it gives
  /// up where it would send the request again.
  private func configureBodySentOnce() {
    quiver_curl_set_long(easy, CURLOPT_POST, 1)
    quiver_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
    quiver_curl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
    quiver_curl_set_callback(easy, CURLOPT_READFUNCTION) { bytes, size, count, context in
      Transfer.from(context).sendBody(
        UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
    }
  }

  private func configureHeaders() {
    var lines = request.headers.map { name, value in
      // "Name:" would mean "do not send this header" to libcurl.
      value.isEmpty ? "\(name);" : "\(name): \(value)"
    }
    let names = Set(request.headers.map { $0.0.lowercased() })
    // Headers libcurl would add by itself: a wait before large bodies, a wrong content type.
    // They would be signed as if they were sent, so a signed request keeps them.
    let isSigned = request.signature != nil
    if !isSigned, !names.contains("expect") { lines.append("Expect:") }
    if !isSigned, !names.contains("content-type") { lines.append("Content-Type:") }
    for line in lines {
      headerList = curl_slist_append(headerList, line) ?? headerList
    }
    quiver_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
  }

  /// Zero means "for ever" to libcurl: the shortest time is a millisecond, the longest a month.
  private static func milliseconds(_ seconds: Double) -> Int {
    // Up, so that time that is not a whole number of them does not end early.
    Int((min(max(seconds.isNaN ? 0 : seconds, 0.001), 2_592_000) * 1000).rounded(.up))
  }

  // MARK: Called by libcurl

  // SAFETY of the pointer: it is this transfer's own easy handle that calls back, and only while
  // the client's thread holds the transfer.
  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    guard let context else { preconditionFailure("libcurl lost the context of a transfer") }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
    guard isHeadDelivered ? trailers.add(line) : head.add(line) else {
      isTooLarge = true
      return 0
    }
    return line.count
  }

  private func sendBody(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(room.count, request.body.count - bodyBytesTaken)
    request.body.withUnsafeBytes { body in
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: body[bodyBytesTaken...].prefix(count)))
    }
    bodyBytesTaken += count
    return count
  }

  private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    deliverHead()
    guard receiver.receiveBody(bytes) else {
      isTooLarge = true
      return bytes.isEmpty ? 1 : 0
    }
    return bytes.count
  }

  private func deliverHead() {
    if isHeadDelivered { return }
    isHeadDelivered = true
    receiver.receiveHead(status: head.status, headers: head.headers)
  }

  // MARK: End

  /// Tells the receiver how the transfer ended.
  func finish(_ code: CURLcode) {
    if code == CURLE_OK {
      deliverHead()
      receiver.receiveTrailers(trailers.headers)
      receiver.finish(nil)
    } else {
      receiver.finish(error(code))
    }
  }

  /// Tells the receiver that the transfer is given up.
  func abort(_ error: HTTPClientError) {
    receiver.finish(error)
  }

  private func error(_ code: CURLcode) -> HTTPClientError {
    let detail = String(cString: message)
    let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    if isTooLarge { return .tooLarge }
    // Where a connection that was used before ends without an answer, libcurl makes another one,
    // then looks whether the body can be sent again: that one may fail for a request that was sent.
    let wasSent = request.isSentOnce && bodyBytesTaken > 0
    switch code {
    case CURLE_URL_MALFORMAT:
      return .invalidURL
    case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
      CURLE_PROXY, CURLE_INTERFACE_FAILED:
      return wasSent ? .interrupted(text) : .connectionFailed(text)
    case CURLE_OPERATION_TIMEDOUT:
      return wasSent || isConnected ? .timedOut : .connectionFailed(text)
    case CURLE_FILESIZE_EXCEEDED:
      return .tooLarge
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED:
      return wasSent ? .interrupted(text) : .tls(text)
    default:
      return .interrupted(text)
    }
  }

  /// Whether the connection, new or used again, was ready for the request.
  private var isConnected: Bool {
    var microseconds: curl_off_t = 0
    quiver_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds)
    return microseconds > 0
  }
}

/// Collects header lines as they come from the wire.
struct HeaderBlock {
  /// Bytes of the head of an answer: real ones have a few kilobytes.
  private static let bytesMax = 256 << 10

  private(set) var status = 0
  private(set) var headers: [(String, String)] = []
  private var byteCount = 0

  /// Takes one line with its line end. False when there are too many.
  mutating func add(_ line: UnsafeRawBufferPointer) -> Bool {
    byteCount += line.count
    guard byteCount <= Self.bytesMax else { return false }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      // A new status line: what came before was an interim response or the proxy's own.
      headers = []
      status = text.split(separator: " ").dropFirst().first.flatMap { Int($0.prefix(3)) } ?? 0
    } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
      let name = Self.trimmed(text[..<colon])
      let value = Self.trimmed(text[text.utf8.index(after: colon)...])
      headers.append((name, value))
    }
    return true
  }

  private static func trimmed(_ text: Substring) -> String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
    }
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
    while let last = scalars.last, isBlank(last) { scalars.removeLast() }
    return String(scalars)
  }
}
