import CVectorKernels

/// Memory for the rows of several chunks side by side, in pages of 2 MiB where the system has them.
///
/// SAFETY: the address is set once and freed in `deinit`, when no chunk is left that lies here.
/// What the bytes may be used for is up to the chunks (see ``DenseChunk``); `used` is the one
/// writer's.
final class RowRegion: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  private var used = 0

  /// Bytes of a region.
  static let byteCount = 32 << 20

  init() {
    byteCount = Self.byteCount
    guard let memory = vk_allocate_huge(byteCount) else { preconditionFailure("out of memory") }
    base = memory
  }

  deinit { vk_free(base) }

  /// Whether as many bytes are left. Writer only.
  func hasRoom(for bytes: Int) -> Bool { used + Self.rounded(bytes) <= byteCount }

  /// Room for so many bytes at a multiple of 64; `nil` when the region is full. Writer only.
  func take(_ bytes: Int) -> UnsafeMutableRawPointer? {
    guard hasRoom(for: bytes) else { return nil }
    defer { used += Self.rounded(bytes) }
    return base + used
  }

  private static func rounded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
}
