import CBrotli
import CZlib
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

  /// `nil` when there is no memory for it.
  package init?(_ coding: ContentCoding) {
    stream.initialize(to: z_stream())
    switch coding {
    case .brotli:
      brotli = BrotliEncoderCreateInstance(nil, nil, nil)
      guard brotli != nil else { return nil }
      BrotliEncoderSetParameter(brotli, BROTLI_PARAM_QUALITY, 1)
      BrotliEncoderSetParameter(brotli, BROTLI_PARAM_LGWIN, 18)
    case .gzip, .deflate:
      brotli = nil
      guard quiver_deflate_init(stream, 1, coding == .gzip ? 16 + 15 : 15) == Z_OK else {
        return nil
      }
    }
  }

  deinit {
    if let brotli { BrotliEncoderDestroyInstance(brotli) } else { deflateEnd(stream) }
    stream.deallocate()
  }

  /// What can be sent of the packing once `input` is added.
  ///
  /// - Parameter isLast: whether the packing ends with it.
  package func pack(_ input: ByteBuffer, isLast: Bool) -> ByteBuffer {
    input.withUnsafeReadableBytes { source in
      brotli == nil ? deflate(source, isLast) : encode(source, isLast)
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
}
