import CBrotli
import CZlib
import CZstd
package import NIOCore

/// A body that is no valid packing, or has not come to its end.
package struct PackingError: Error, Sendable {
  /// How it was said to be packed.
  package let coding: ContentCoding
}

/// Unpacks a body that arrives in pieces, into pieces of bounded size.
///
/// Holds one stream of a C library: less than 100 KB; with brotli up to 16 MB and with zstd up to
/// 8 MB where the body asks for so large a window. Blocking.
///
/// SAFETY: the stream is touched by one call at a time: whoever reads the body waits for a piece
/// before asking for the next.
package final class Unpacker: @unchecked Sendable {
  private let coding: ContentCoding
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var isOpen = false
  private let brotli: OpaquePointer?
  private let zstd: OpaquePointer?
  private var isComplete = false
  private var hasBegun = false
  /// Whether the last call ended because its piece was full.
  package private(set) var hasMore = false

  /// The window of a body packed with zstd, as a power of two: 8 MiB, which decoders of this coding
  /// have to be able to unpack (RFC 9659).
  private static let zstdWindowBitsMax: Int32 = 23

  /// An unpacker of a body that is packed in one way.
  package init(_ coding: ContentCoding) {
    self.coding = coding
    stream.initialize(to: z_stream())
    brotli = coding == .brotli ? BrotliDecoderCreateInstance(nil, nil, nil) : nil
    zstd = coding == .zstd ? ZSTD_createDCtx() : nil
    if let zstd { ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, Self.zstdWindowBitsMax) }
  }

  deinit {
    if isOpen { inflateEnd(stream) }
    stream.deallocate()
    if let brotli { BrotliDecoderDestroyInstance(brotli) }
    if let zstd { ZSTD_freeDCtx(zstd) }
  }

  /// Unpacks from the front of `input`, which is moved on, at most so many bytes.
  ///
  /// - Throws: ``PackingError`` for what is no valid packing.
  package func unpack(
    _ input: inout ByteBuffer, upTo count: Int
  ) throws(PackingError) -> ByteBuffer {
    var output = ByteBuffer()
    var failure = false
    output.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
      let (read, written) =
        input.withUnsafeReadableBytes { source in
          step(source, UnsafeMutableRawBufferPointer(rebasing: target.prefix(count)))
        } ?? (0, -1)
      input.moveReaderIndex(forwardBy: read)
      failure = written < 0
      hasMore = written == count
      return max(0, written)
    }
    if failure { throw PackingError(coding: coding) }
    return output
  }

  /// To be called when all of the body has been unpacked.
  ///
  /// - Throws: ``PackingError`` when it has broken off.
  package func finish() throws(PackingError) {
    if hasBegun, !isComplete { throw PackingError(coding: coding) }
  }

  /// Bytes read and written; `nil` when the source is invalid.
  private func step(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) -> (Int, Int)? {
    if source.isEmpty, !hasMore { return (0, 0) }
    hasBegun = true
    return switch coding {
    case .brotli: decode(source, target)
    case .zstd: decompress(source, target)
    case .gzip, .deflate: inflate(source, target)
    }
  }

  private func decode(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) -> (Int, Int)? {
    if isComplete { return source.isEmpty ? (0, 0) : nil }
    var next = source.bindMemory(to: UInt8.self).baseAddress
    var available = source.count
    var out = target.bindMemory(to: UInt8.self).baseAddress
    var room = target.count
    switch BrotliDecoderDecompressStream(brotli, &available, &next, &room, &out, nil) {
    case BROTLI_DECODER_RESULT_ERROR: return nil
    case BROTLI_DECODER_RESULT_SUCCESS:
      isComplete = true
      if available > 0 { return nil }
    default: break
    }
    return (source.count - available, target.count - room)
  }

  private func decompress(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) -> (Int, Int)? {
    // Without a byte of the next frame, the one before was the last.
    if isComplete, source.isEmpty { return (0, 0) }
    guard let zstd else { return nil }
    var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
    var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
    let hint = ZSTD_decompressStream(zstd, &output, &input)
    if ZSTD_isError(hint) != 0 { return nil }
    isComplete = hint == 0
    return (input.pos, output.pos)
  }

  private func inflate(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) -> (Int, Int)? {
    if !isOpen {
      guard quiver_inflate_init(stream, windowBits(of: source)) == Z_OK else { return nil }
      isOpen = true
    }
    if isComplete, !source.isEmpty {
      // A gzip file may hold several members.
      guard coding == .gzip, inflateReset(stream) == Z_OK else { return nil }
      isComplete = false
    }
    let bytes = UnsafeMutableRawBufferPointer(mutating: source).bindMemory(to: UInt8.self)
    stream.pointee.next_in = bytes.baseAddress
    stream.pointee.avail_in = UInt32(bytes.count)
    stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(target.count)
    switch CZlib.inflate(stream, Z_NO_FLUSH) {
    case Z_STREAM_END: isComplete = true
    case Z_OK, Z_BUF_ERROR: break
    default: return nil
    }
    return (
      source.count - Int(stream.pointee.avail_in), target.count - Int(stream.pointee.avail_out)
    )
  }

  /// Some clients send `deflate` without the header that belongs to it.
  private func windowBits(of source: UnsafeRawBufferPointer) -> Int32 {
    if coding == .gzip { return 16 + 15 }
    let hasHeader =
      source.count < 2
      || source[0] & 0x0f == 8 && (Int(source[0]) << 8 | Int(source[1])) % 31 == 0
    return hasHeader ? 15 : -15
  }
}
