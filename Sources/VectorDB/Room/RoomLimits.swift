import Glibc

/// How much memory and disk a database may use. Beyond it, writes that need room are refused with
/// ``CollectionError/outOfSpace(_:)``; deletes and reads go on.
public struct RoomLimits: Sendable, Equatable {
  /// Memory, by the formula of <doc:Memory>, in bytes; 0 means no limit.
  public var memoryBytes: Int
  /// Bytes in the data directory; 0 means no limit.
  public var diskBytes: Int
  /// Free bytes that writes leave on the file system of the data directory.
  public var diskReserveBytes: Int
  /// Memory that requests and answers may hold together, in bytes.
  public var transientBytes: Int

  /// Limits; without arguments, none.
  public init(
    memoryBytes: Int = 0, diskBytes: Int = 0, diskReserveBytes: Int = 128 << 20,
    transientBytes: Int = RoomLimits.shareOfMachine
  ) {
    self.memoryBytes = memoryBytes
    self.diskBytes = diskBytes
    self.diskReserveBytes = diskReserveBytes
    self.transientBytes = transientBytes
  }

  /// A quarter of the memory that this process may have (the machine's, or less in a container), at
  /// least 256 MiB.
  public static let shareOfMachine = max(256 << 20, machineBytes / 4)

  /// What requests and answers have under a memory limit, however full it is: a quarter of it, at
  /// least 64 MiB, which a body of the greatest size and its points fit into.
  private var transientBytesMin: Int { max(64 << 20, memoryBytes / 4) }

  /// What requests and answers may hold together while `kept` bytes are in use otherwise.
  func transientBytesMax(kept: Int) -> Int {
    if memoryBytes == 0 { return transientBytes }
    return min(transientBytes, max(transientBytesMin, memoryBytes - kept))
  }

  /// The memory that this process may have.
  static var machineBytes: Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let machine = pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : 4 << 30
    return min(machine, containerBytes ?? .max)
  }

  /// What the control group of this process allows; `nil` without a bound.
  private static var containerBytes: Int? {
    guard let file = fopen("/sys/fs/cgroup/memory.max", "r") else { return nil }
    defer { fclose(file) }
    var digits = [CChar](repeating: 0, count: 32)
    guard fgets(&digits, Int32(digits.count), file) != nil else { return nil }
    let bytes = strtoll(digits, nil, 10)
    return bytes > 0 ? Int(bytes) : nil
  }
}
