import CXMLElements
import HTTPTransfer

/// What the bodies of a service's answers say.
package enum S3Reply {
  /// A page of a list, of keys without `prefix`.
  package static func page(_ body: [UInt8], prefix: String) throws(ObjectStoreError) -> ObjectPage {
    var page = ObjectPage(entries: [], isTruncated: false)
    var key: String?
    var size: Int?
    for (path, text) in try elements(body) {
      switch path {
      case "ListBucketResult/IsTruncated": page.isTruncated = text == "true"
      case "ListBucketResult/Contents/Key": key = text
      case "ListBucketResult/Contents/Size": size = Int(text)
      case "ListBucketResult/Contents":
        guard let found = key, found.hasPrefix(prefix), let bytes = size, bytes >= 0 else {
          throw .malformed("an object in a list has no key or no size")
        }
        page.entries.append(.init(key: String(found.dropFirst(prefix.count)), size: bytes))
        (key, size) = (nil, nil)
      default: break
      }
    }
    return page
  }

  /// The name of an upload in parts that has begun.
  package static func uploadID(_ body: [UInt8]) throws(ObjectStoreError) -> String {
    let found = try elements(body).first { $0.path == "InitiateMultipartUploadResult/UploadId" }
    guard let found, !found.text.isEmpty else { throw .malformed("an upload has no name") }
    return found.text
  }

  /// What an answer other than 2xx says.
  static func refusal(_ response: HTTPResponse) -> ObjectStoreError {
    let found = (try? elements(response.body)) ?? []
    let code = found.first { $0.path == "Error/Code" }?.text
    let message = found.first { $0.path == "Error/Message" }?.text
    return .refused(status: response.status, code: code ?? "", message: message ?? "")
  }

  /// Throws the error that a body of an answer with 200 holds.
  static func requireNoError(_ response: HTTPResponse) throws(ObjectStoreError) {
    if try elements(response.body).contains(where: { $0.path.hasPrefix("Error") }) {
      throw refusal(response)
    }
  }

  /// The elements of a document, each at its end.
  private static func elements(
    _ body: [UInt8]
  ) throws(ObjectStoreError) -> [(path: String, text: String)] {
    final class Found {
      var elements: [(path: String, text: String)] = []
    }
    let found = Found()
    let status = body.withUnsafeBytes { bytes in
      quiver_xml_read(
        bytes.bindMemory(to: CChar.self).baseAddress, bytes.count,
        Unmanaged.passUnretained(found).toOpaque()
      ) { context, path, text in
        guard let context, let path, let text else { return }
        Unmanaged<Found>.fromOpaque(context).takeUnretainedValue().elements.append(
          (String(cString: path), String(cString: text)))
      }
    }
    guard status == 0 else { throw .malformed("it is no XML") }
    return found.elements
  }
}
