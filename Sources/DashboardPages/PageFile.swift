#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One file of a folder of pages, open. Its calls block.
package final class PageFile: Sendable {
  /// A read that went wrong: the length that was promised can't be kept.
  package struct Failure: Error {
    /// What the system says.
    package let errnoCode: Int32
  }

  /// The length in bytes.
  package let size: Int
  /// Says which content of which file it is, as `ETag` has it.
  let tag: String
  /// When it was changed, as `Last-Modified` has it.
  let modified: String
  private let descriptor: Int32

  /// `nil` when it is no regular file, or can't be read.
  init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      return nil
    }
    size = Int(status.st_size)
    let parts = [Int(status.st_ino), size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    tag = "W/\"\(parts.map { String($0, radix: 16) }.joined(separator: "-"))\""
    modified = Self.date(status.st_mtim.tv_sec)
  }

  deinit { close(descriptor) }

  /// The bytes at an offset, at most so many and, before the end, at least one.
  package func read(at offset: Int, _ maximumCount: Int) throws(Failure) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: min(size - offset, maximumCount)) {
      buffer, count in
      let read = pread(descriptor, buffer.baseAddress, buffer.count, offset)
      if read <= 0 { code = read < 0 ? errno : EIO }
      count = max(0, read)
    }
    guard code == 0 else { throw Failure(errnoCode: code) }
    return bytes
  }

  /// A time as HTTP writes it.
  private static func date(_ time: time_t) -> String {
    var (time, parts) = (time, tm())
    gmtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
