public import FastJSON

/// Limits on what the whole server may use, in per cent of what the machine has. They may be
/// changed while it runs.
public struct QuotaConfig: Sendable, Equatable {
  /// Whether the limits hold.
  public var isEnabled: Bool
  /// Resident memory of the process at which changes that take memory are refused, in per cent of
  /// what it may have; 1 to 100, `nil` for no limit.
  public var maxResidentMemoryPercent: Int?
  /// Use of the data directory's file system at which changes that take disk are refused, in per
  /// cent of its size; 1 to 100, `nil` for no limit.
  public var maxDiskUsagePercent: Int?
  /// How far what has reached its limit must fall below it before changes are taken again, in per
  /// cent, 0 to 100; `nil` for ``defaultReleaseMarginPercent``.
  public var releaseMarginPercent: Int?

  /// The margin where none is configured.
  public static let defaultReleaseMarginPercent = 5

  /// Limits; none by default.
  public init(
    isEnabled: Bool = false, maxResidentMemoryPercent: Int? = nil,
    maxDiskUsagePercent: Int? = nil, releaseMarginPercent: Int? = nil
  ) {
    self.isEnabled = isEnabled
    self.maxResidentMemoryPercent = maxResidentMemoryPercent
    self.maxDiskUsagePercent = maxDiskUsagePercent
    self.releaseMarginPercent = releaseMarginPercent
  }
}

/// What of the server's resources is in use, in per cent; `nil` for what can't be measured.
public struct QuotaUsage: Sendable, Equatable {
  /// Resident memory of the process, of what it may have.
  public var residentMemoryPercent: Int?
  /// Of the data directory's file system.
  public var diskUsagePercent: Int?

  /// Resources in use.
  public init(residentMemoryPercent: Int?, diskUsagePercent: Int?) {
    self.residentMemoryPercent = residentMemoryPercent
    self.diskUsagePercent = diskUsagePercent
  }
}

extension QuotaConfig {
  /// Writes the limits in wire form, those that are set.
  public func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("enabled")
    writer.bool(isEnabled)
    let limits: [(name: StaticString, value: Int?)] = [
      ("max_resident_memory_percent", maxResidentMemoryPercent),
      ("max_disk_usage_percent", maxDiskUsagePercent),
      ("release_margin_percent", releaseMarginPercent),
    ]
    for limit in limits {
      guard let value = limit.value else { continue }
      writer.key(limit.name)
      writer.integer(value)
    }
    writer.endObject()
  }
}
