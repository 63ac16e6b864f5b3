import Crypto
import Storage

/// Reads a snapshot from front to back and hands out nothing whose checksum is wrong. Used on one
/// thread; its calls block.
struct SnapshotReader: ~Copyable {
  struct Frame {
    let kind: SnapshotFrame.Kind
    let body: [UInt8]
  }

  let manifest: SnapshotManifest
  /// What the last frame says, once it was read.
  private(set) var totals: SnapshotTotals?
  private var source: Source

  /// Reads up to the manifest.
  ///
  /// - Parameter lease: grows by what frames of unusual size take.
  init(_ file: SnapshotFile, lease: MemoryLease? = nil) throws(CollectionError) {
    source = Source(file: file, lease: lease)
    let magic = try source.take(SnapshotFrame.magic.count)
    guard magic == SnapshotFrame.magic else {
      throw .badRequest("the file is not a snapshot of this server")
    }
    let format = try source.take(4).withUnsafeBytes { $0.readBigEndian(UInt32.self) ?? 0 }
    guard format == SnapshotFrame.format else {
      throw .badRequest(
        "the snapshot has format \(format), this release reads format \(SnapshotFrame.format)")
    }
    let first = try source.frame()
    guard first.kind == .manifest else { throw .damagedSnapshot("it has no manifest") }
    manifest = try SnapshotManifest(first.body)
  }

  /// The next frame of content; `nil` at the end of a complete snapshot.
  mutating func next() throws(CollectionError) -> Frame? {
    if totals != nil { return nil }
    let before = source.frames
    let frame = try source.frame()
    switch frame.kind {
    case .manifest: throw .damagedSnapshot("it has two manifests")
    case .points, .file, .content: return frame
    case .end:
      let totals = try SnapshotTotals(frame.body)
      guard totals.frames == before else { throw .damagedSnapshot("frames are missing") }
      guard try source.isAtEnd() else { throw .damagedSnapshot("something follows its end") }
      self.totals = totals
      return nil
    }
  }

  /// Whether a newer release wrote the file: it has another form, or holds data that does.
  static func isNewer(_ path: String) -> Bool {
    guard let file = try? SnapshotFile.read(path),
      let start = try? file.read(at: 0, count: SnapshotFrame.magic.count + 4),
      start.starts(with: SnapshotFrame.magic)
    else { return false }
    let format = start.dropFirst(SnapshotFrame.magic.count).reduce(UInt32(0)) {
      $0 << 8 | UInt32($1)
    }
    if format > SnapshotFrame.format { return true }
    guard let reader = try? SnapshotReader(file), case .database(let data) = reader.manifest else {
      return false
    }
    return data > KeyLayout.format
  }

  /// The SHA-256 of all that was read, in hex.
  var checksum: String { source.whole.finalize().hexadecimal }

  /// What a whole file was found to hold, and its SHA-256.
  struct Verified {
    let manifest: SnapshotManifest
    let totals: SnapshotTotals
    let checksum: String
  }

  /// Reads a whole file.
  ///
  /// - Parameter progress: is told how far it is, as the first stage of a recovery.
  static func verify(
    _ path: String, flag: CancellationFlag, lease: MemoryLease? = nil,
    progress: SnapshotProgress? = nil
  ) throws(CollectionError) -> Verified {
    let file = try SnapshotFile.read(path)
    let size = try file.size()
    var reader = try SnapshotReader(file, lease: lease)
    var done = 0
    while let frame = try reader.next() {
      if flag.isCancelled { throw .shuttingDown }
      done += frame.body.count
      progress?.note(done, of: size, after: nil, until: .verified)
    }
    return Verified(
      manifest: reader.manifest, totals: reader.totals ?? SnapshotTotals(),
      checksum: reader.checksum)
  }

  /// The bytes, and the checksums of what was taken of them.
  private struct Source {
    let file: SnapshotFile
    let lease: MemoryLease?
    /// The longest frame that the lease has grown for.
    var longest = 4 * SnapshotFrame.bodyBytes
    var digest = [UInt8](repeating: 0, count: SnapshotFrame.digestBytes)
    var whole = SHA256()
    var frames: UInt64 = 0

    /// A frame is there as it was read, and as records that are to be written.
    static let copies = 3

    init(file: SnapshotFile, lease: MemoryLease?) {
      self.file = file
      self.lease = lease
    }

    mutating func take(_ count: Int) throws(CollectionError) -> [UInt8] {
      guard let bytes = try file.read(exactly: count) else {
        throw .damagedSnapshot("it ends too early")
      }
      whole.update(data: bytes)
      return bytes
    }

    mutating func frame() throws(CollectionError) -> Frame {
      let header = try take(SnapshotFrame.headerBytes)
      let length = header.withUnsafeBytes { $0.readBigEndian(UInt32.self, at: 1) ?? 0 }
      guard let kind = SnapshotFrame.Kind(rawValue: header[0]),
        length <= SnapshotFrame.bodyBytesMax, Int(length) <= (try file.size())
      else { throw .damagedSnapshot("frame \(frames) can't be read") }
      if Int(length) > longest {
        try lease?.grow(by: Self.copies * (Int(length) - longest))
        longest = Int(length)
      }
      let body = try take(Int(length))
      var hash = SHA256()
      hash.update(data: digest)
      hash.update(data: header)
      hash.update(data: body)
      digest = Array(hash.finalize())
      guard try take(SnapshotFrame.digestBytes) == digest else {
        throw .damagedSnapshot("the checksum of frame \(frames) is wrong")
      }
      frames += 1
      return Frame(kind: kind, body: body)
    }

    func isAtEnd() throws(CollectionError) -> Bool {
      try file.read(maximumCount: 1).isEmpty
    }
  }
}
