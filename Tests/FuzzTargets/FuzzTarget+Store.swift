import Crypto
import Foundation
import ObjectStorage
import Replication
import SharedLog

/// What servers that share a log read from its store, and what the store's service answers.
extension FuzzTarget {
  /// One target for each.
  static let store: [FuzzTarget] = [objectList, logSegment, snapshotManifest]

  private static let objectList = FuzzTarget(
    name: "store/list",
    example: { source in
      let samples = [
        """
        <?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://x/"><Name>b</Name>
        <IsTruncated>true</IsTruncated><Contents><Key>log/1</Key><Size>7</Size></Contents>
        <Contents><Key>log/&#228;&amp;</Key><Size>0</Size></Contents></ListBucketResult>
        """,
        "<InitiateMultipartUploadResult><UploadId>abc</UploadId></InitiateMultipartUploadResult>",
        "<Error><Code>NoSuchKey</Code><Message><![CDATA[gone]]></Message></Error>",
      ]
      return Array(samples[source.number(below: samples.count)].utf8)
    },
    read: { bytes in
      let body = Array(bytes)
      let isUpload = (try? S3Reply.uploadID(body)) != nil
      return (try? S3Reply.page(body, prefix: "log/")) != nil || isUpload
    })

  /// Its checksum is made right: bytes that are wrong by accident don't get past it.
  private static let logSegment = FuzzTarget(
    name: "store/segment",
    example: { source in
      let items = (0..<UInt64(source.number(below: 4))).map {
        LogItem(entry: 5 + $0, committedAt: 9, bytes: Array("an entry".utf8))
      }
      let segment = LogSegment(
        number: 3, writer: WriterID(using: &source), writtenAt: 7, items: items)
      var bytes = segment.encoded()
      if source.chance(2) { alterSegment(&bytes, &source) }
      return bytes
    },
    alter: { alterSegment(&$0, &$1) },
    read: { (try? LogSegment(decoding: Array($0), number: 3)) != nil })

  private static func alterSegment(_ bytes: inout [UInt8], _ source: inout FuzzSource) {
    bytes.removeLast(min(bytes.count, SHA256.byteCount))
    source.mutate(&bytes)
    bytes += SHA256.hash(data: bytes)
  }

  private static let manifestMaker = JSONMaker([
    """
    {"version":1,"segment":3,"entry":9,"taken_at":1700000000000,"storage_format":4,"files":[
    {"name":"000012.sst","parts":[{"sha256":"\(String(repeating: "0a", count: 32))","bytes":7}]},
    {"name":"CURRENT","parts":[]}]}
    """
  ])

  private static let snapshotManifest = FuzzTarget(
    name: "store/manifest",
    example: { sealedManifest(manifestMaker.text(&$0)) },
    alter: { bytes, source in
      var body = Array(bytes.dropLast(2 * SHA256.byteCount + 1))
      manifestMaker.alter(&body, &source)
      bytes = sealedManifest(body)
    },
    read: { bytes in
      guard let snapshot = try? StoredSnapshot(decoding: Array(bytes), segment: 3) else {
        return false
      }
      return snapshot.bytes >= 0 && !snapshot.moment.isEmpty
    })

  private static func sealedManifest(_ text: [UInt8]) -> [UInt8] {
    let digest = SHA256.hash(data: text).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 2 ? digits : "0" + digits
    }
    return text + Array(digest.joined().utf8) + [UInt8(ascii: "\n")]
  }
}
