import CCurl

/// What must hold before a request goes to libcurl, which takes C strings and believes them.
enum RequestCheck {
  /// The first error of `request`, or nil.
  static func error(in request: HTTPRequest) -> HTTPClientError? {
    guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), host(of: request.url) != nil
    else { return .invalidURL }
    guard !request.method.isEmpty, request.method.utf8.allSatisfy(isTokenByte) else {
      return .invalidRequest("method")
    }
    for (name, value) in request.headers {
      guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
        return .invalidRequest("header name")
      }
      // The value may be a secret: it is not shown.
      guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
        return .invalidRequest("value of header \(name)")
      }
    }
    return nil
  }

  /// Whether `url` names this machine by a loopback name or address.
  static func isLocal(_ url: String) -> Bool {
    guard let host = host(of: url)?.lowercased() else { return false }
    return host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.")
      || host == "[::1]"
  }

  private static func host(of text: String) -> String? {
    guard let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
      let scheme = part(CURLUPART_SCHEME, of: url)?.lowercased(),
      scheme == "http" || scheme == "https",
      let host = part(CURLUPART_HOST, of: url), !host.isEmpty
    else { return nil }
    return host
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, 0) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
