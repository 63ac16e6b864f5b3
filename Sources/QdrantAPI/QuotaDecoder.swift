public import FastJSON
public import PointModel

/// Reads the body that sets quotas.
enum QuotaDecoder {
  static func config(_ body: FieldReader) throws(DecodingFault) -> QuotaConfig {
    try body.requireObject("struct QuotaConfig")
    return QuotaConfig(
      isEnabled: try body.flag("enabled") ?? false,
      maxResidentMemoryPercent: try percent(body, "max_resident_memory_percent", from: 1),
      maxDiskUsagePercent: try percent(body, "max_disk_usage_percent", from: 1),
      releaseMarginPercent: try percent(body, "release_margin_percent", from: 0))
  }

  private static func percent(
    _ body: FieldReader, _ key: String, from minimum: UInt64
  ) throws(DecodingFault) -> Int? {
    try body.optional(key) { field throws(DecodingFault) in
      try field.integer(.u8, from: minimum, through: 100)
    }
  }
}

extension JSONWriter {
  /// Writes `{"config":…,"usage":…}`.
  public mutating func write(_ config: QuotaConfig, using usage: QuotaUsage) {
    beginObject()
    key("config")
    config.write(to: &self)
    key("usage")
    beginObject()
    key("resident_memory_percent")
    if let percent = usage.residentMemoryPercent { integer(percent) } else { null() }
    key("disk_usage_percent")
    if let percent = usage.diskUsagePercent { integer(percent) } else { null() }
    endObject()
    endObject()
  }
}
