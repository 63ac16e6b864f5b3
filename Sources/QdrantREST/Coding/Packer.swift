import CBrotli
import CZlib
import CZstd
package import NIOCore
package import TransportBase

/// Packs an answer piece by piece, with the speed before the size.
///
/// Holds one stream of a C library, a few hundred KB. Blocking.
///
/// SAFETY: the stream is touched by one call at a time: an answer's pieces are written one after
/// another.
package final class Packer: @unchecked Sendable {
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let brotli: OpaquePointer?
  private let zstd: OpaquePointer?

  /// `nil` when there is no memory for it.
  package init?(_ coding: ContentCoding) {
    stream.initialize(to: z_stream())
    switch coding {
    case .zstd:
      brotli = nil
      zstd = ZSTD_createCCtx()
      guard zstd != nil else { return nil }
      ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1)
      ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, 18)
    case .brotli:
      zstd = nil
      brotli = BrotliEncoderCreateInstance(nil, nil, nil)
      guard brotli != nil else { return nil }
      BrotliEncoderSetParameter(brotli, BROTLI_PARAM_QUALITY, 1)
      BrotliEncoderSetParameter(brotli, BROTLI_PARAM_LGWIN, 18)
    case .gzip, .deflate:
      (brotli, zstd) = (nil, nil)
      guard quiver_deflate_init(stream, 1, coding == .gzip ? 16 + 15 : 15) == Z_OK else {
        return nil
      }
    }
  }

  deinit {
    if let brotli {
      BrotliEncoderDestroyInstance(brotli)
    } else if let zstd {
      ZSTD_freeCCtx(zstd)
    } else {
      deflateEnd(stream)
    }
    stream.deallocate()
  }

  /// What can be sent of the packing once `input` is added.
  ///
  /// - Parameter isLast: whether the packing ends with it.
  package func pack(_ input: ByteBuffer, isLast: Bool) -> ByteBuffer {
    input.withUnsafeReadableBytes { source in
      if brotli != nil { return encode(source, isLast) }
      return zstd != nil ? compress(source, isLast) : deflate(source, isLast)
    }
  }

  private static let stepBytes = 16 << 10

  private func deflate(_ source: UnsafeRawBufferPointer, _ isLast: Bool) -> ByteBuffer {
    var output = ByteBuffer()
    let bytes = UnsafeMutableRawBufferPointer(mutating: source).bindMemory(to: UInt8.self)
    stream.pointee.next_in = bytes.baseAddress
    stream.pointee.avail_in = UInt32(bytes.count)
    while true {
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.stepBytes) { target in
        stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(target.count)
        _ = CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
        return target.count - Int(stream.pointee.avail_out)
      }
      // With room left there is nothing more to say.
      if stream.pointee.avail_out > 0 { return output }
    }
  }

  private func encode(_ source: UnsafeRawBufferPointer, _ isLast: Bool) -> ByteBuffer {
    var output = ByteBuffer()
    var next = source.bindMemory(to: UInt8.self).baseAddress
    var available = source.count
    let operation = isLast ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS
    repeat {
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.stepBytes) { target in
        var out = target.bindMemory(to: UInt8.self).baseAddress
        var room = target.count
        BrotliEncoderCompressStream(brotli, operation, &available, &next, &room, &out, nil)
        return target.count - room
      }
    } while available > 0 || BrotliEncoderHasMoreOutput(brotli) == BROTLI_TRUE
    return output
  }

  private func compress(_ source: UnsafeRawBufferPointer, _ isLast: Bool) -> ByteBuffer {
    var output = ByteBuffer()
    var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
    var left = 0
    repeat {
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.stepBytes) { target in
        var piece = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        left = ZSTD_compressStream2(zstd, &piece, &input, isLast ? ZSTD_e_end : ZSTD_e_continue)
        return piece.pos
      }
      // Only a stream that is not one fails: nothing more can be said of it then.
      if ZSTD_isError(left) != 0 { return output }
    } while isLast ? left > 0 : input.pos < input.size
    return output
  }
}
