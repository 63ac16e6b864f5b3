/// The room that a database took when it was last sampled, in bytes.
public struct RoomUse: Sendable, Equatable {
  /// Memory, by the formula, and what indexes will take that are due.
  public var memory: Int
  /// All files in the data directory.
  public var disk: Int
  /// What the file system of the data directory has left for this process.
  public var diskFree: Int

  /// Use in bytes; without arguments, none, on a disk without end.
  public init(memory: Int = 0, disk: Int = 0, diskFree: Int = .max) {
    self.memory = memory
    self.disk = disk
    self.diskFree = diskFree
  }
}
