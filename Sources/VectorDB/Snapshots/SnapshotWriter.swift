import Crypto
import Storage

/// Writes a snapshot from front to back. Used on one thread; its calls block.
struct SnapshotWriter: ~Copyable {
  private let file: SnapshotFile
  private var digest = [UInt8](repeating: 0, count: SnapshotFrame.digestBytes)
  private var whole = SHA256()
  private var frames: UInt64 = 0

  init(to file: SnapshotFile, manifest: SnapshotManifest) throws(CollectionError) {
    self.file = file
    var head = SnapshotFrame.magic
    head.appendBigEndian(SnapshotFrame.format)
    try put(head)
    try write(.manifest, manifest.encoded())
  }

  mutating func write(_ kind: SnapshotFrame.Kind, _ body: [UInt8]) throws(CollectionError) {
    guard body.count <= SnapshotFrame.bodyBytesMax else {
      throw .wrongInput("a point of \(body.count) bytes is too large for a snapshot")
    }
    var header = [kind.rawValue]
    header.appendBigEndian(UInt32(body.count))
    var hash = SHA256()
    hash.update(data: digest)
    hash.update(data: header)
    hash.update(data: body)
    digest = Array(hash.finalize())
    try put(header)
    try put(body)
    try put(digest)
    frames += 1
  }

  /// Writes the end, makes the file durable and returns its SHA-256 in hex.
  consuming func finish(_ totals: SnapshotTotals) throws(CollectionError) -> String {
    var totals = totals
    totals.frames = frames
    try write(.end, totals.encoded())
    try file.sync()
    return whole.finalize().hexadecimal
  }

  private mutating func put(_ bytes: [UInt8]) throws(CollectionError) {
    whole.update(data: bytes)
    try file.write(bytes)
  }
}
