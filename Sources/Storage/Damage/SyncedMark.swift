import FileMapping
import Glibc

/// What a store knows to have reached the disk, as it notes it beside RocksDB's files.
///
/// RocksDB forgives a log or a manifest that ends early, because it can't tell what a power cut
/// left from what damage left. With this it can be told: what is below the mark was synced.
package struct SyncedMark: Equatable {
  /// Changes up to this number were synced, in the log or in tables.
  package var sequence: UInt64
  /// The number of the manifest, and how many of its bytes were synced.
  package var manifest: UInt64
  /// Bytes of the manifest that were synced.
  package var manifestBytes: UInt64
  /// The oldest log whose changes are not all in tables; 0 for none.
  package var oldestLog: UInt64
  /// The run of the operating system in which it was noted.
  package var boot: UInt64

  static let byteCount = 48
  private static let magic: UInt32 = 0x4b52_4d53

  /// Five numbers, a magic number and a checksum over them, little-endian.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.byteCount)
    for number in [sequence, manifest, manifestBytes, oldestLog, boot] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    withUnsafeBytes(of: Self.magic.littleEndian) { bytes.append(contentsOf: $0) }
    var checksum = CRC32C()
    bytes.withUnsafeBytes { checksum.update($0) }
    withUnsafeBytes(of: checksum.value.littleEndian) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// A mark of what is known now.
  package init(
    sequence: UInt64, manifest: UInt64, manifestBytes: UInt64, oldestLog: UInt64, boot: UInt64
  ) {
    self.sequence = sequence
    self.manifest = manifest
    self.manifestBytes = manifestBytes
    self.oldestLog = oldestLog
    self.boot = boot
  }

  /// `nil` when the bytes are not a mark.
  private init?(_ bytes: UnsafeRawBufferPointer) {
    func number<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) -> T {
      T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
    var checksum = CRC32C()
    checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<44]))
    guard number(40, UInt32.self) == Self.magic, number(44, UInt32.self) == checksum.value
    else { return nil }
    self.init(
      sequence: number(0, UInt64.self), manifest: number(8, UInt64.self),
      manifestBytes: number(16, UInt64.self), oldestLog: number(24, UInt64.self),
      boot: number(32, UInt64.self))
  }

  /// The newest mark in a file; `nil` when there is none.
  ///
  /// Marks follow one another. The end of the file may be torn or missing: an older mark is as
  /// true as a newer one, it only promises less.
  package static func newest(in path: String) -> SyncedMark? {
    guard let file = try? MappedFile(path: path) else { return nil }
    var newest: SyncedMark?
    var start = 0
    while start + byteCount <= file.bytes.count {
      let mark = SyncedMark(
        UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + byteCount]))
      newest = mark ?? newest
      start += byteCount
    }
    return newest
  }

  /// The number of the present run of the operating system; 0 when it can't be told.
  static let currentBoot: UInt64 = {
    guard let file = fopen("/proc/sys/kernel/random/boot_id", "r") else { return 0 }
    defer { fclose(file) }
    var text = [UInt8](repeating: 0, count: 64)
    let count = fread(&text, 1, text.count, file)
    // FNV-1a; the identifier is random.
    return text[..<count].reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }()
}
