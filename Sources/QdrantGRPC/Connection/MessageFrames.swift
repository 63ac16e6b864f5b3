package import NIOCore
package import TransportBase

/// The messages of one call, as their bytes arrive. Before each stand a byte that says whether it
/// is packed, and four with its length.
package struct MessageFrames {
  /// How messages are packed that say that they are.
  let coding: ContentCoding?
  /// Bytes that have arrived and are not read yet.
  private var bytes = ByteBuffer()

  /// Bytes before every message.
  static let prefixBytes = 5

  /// Nothing has arrived.
  package init(coding: ContentCoding?) {
    self.coding = coding
  }

  /// How many bytes are not read yet.
  package var byteCount: Int { bytes.readableBytes }

  /// Takes what has arrived.
  package mutating func append(_ more: inout ByteBuffer) {
    if bytes.readableBytes == 0 {
      bytes = more
    } else {
      bytes.writeBuffer(&more)
    }
  }

  /// Lets go of what is not read yet.
  mutating func clear() { bytes = ByteBuffer() }

  /// The prefix of the next message, once it has arrived.
  ///
  /// - Throws: the status of a message that is too long, or says that it is packed but not how.
  func nextPrefix(upTo bytesMax: Int) throws(GRPCStatus) -> (count: Int, isPacked: Bool)? {
    guard bytes.readableBytes >= Self.prefixBytes,
      let flag = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self),
      let count = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt32.self)
    else { return nil }
    guard count <= bytesMax else {
      throw GRPCStatus(
        .resourceExhausted, "a message of \(count) bytes exceeds the limit (\(bytesMax) bytes)")
    }
    guard flag == 0 || flag == 1 && coding != nil else {
      throw GRPCStatus(.internalError, "a message is packed in a way that the headers don't name")
    }
    return (Int(count), flag == 1)
  }

  /// The next message that has arrived whole, and whether it is packed.
  ///
  /// - Throws: the status of a message that is too long, or says that it is packed but not how.
  package mutating func nextMessage(
    upTo bytesMax: Int
  ) throws(GRPCStatus) -> (message: ByteBuffer, isPacked: Bool)? {
    guard let (count, isPacked) = try nextPrefix(upTo: bytesMax),
      bytes.readableBytes - Self.prefixBytes >= count
    else { return nil }
    bytes.moveReaderIndex(forwardBy: Self.prefixBytes)
    guard let message = bytes.readSlice(length: count) else { return nil }
    return (message, isPacked)
  }
}
