/// How much memory and disk a database may use. Beyond it, writes that need room are refused with
/// ``CollectionError/outOfSpace(_:)``; deletes and reads go on.
public struct RoomLimits: Sendable, Equatable {
  /// Memory, by the formula of <doc:Memory>, in bytes; 0 means no limit.
  public var memoryBytes: Int
  /// Bytes in the data directory; 0 means no limit.
  public var diskBytes: Int
  /// Free bytes that writes leave on the file system of the data directory.
  public var diskReserveBytes: Int

  public init(memoryBytes: Int = 0, diskBytes: Int = 0, diskReserveBytes: Int = 128 << 20) {
    self.memoryBytes = memoryBytes
    self.diskBytes = diskBytes
    self.diskReserveBytes = diskReserveBytes
  }
}
