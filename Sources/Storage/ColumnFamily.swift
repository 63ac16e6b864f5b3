/// A named key space inside a store, with the settings that suit what is kept in it.
///
/// Within a store the name alone identifies a family; the profile counts when it is opened.
public struct ColumnFamily: Sendable, Hashable {
  /// What a family is used for. It decides buffers, block size, compression and filters.
  public enum Profile: Sendable, Hashable, CaseIterable {
    /// Metadata: few and small entries, tiny buffers.
    case small
    /// Documents: compressible values read by key or in key order (lz4, zstd at the bottom, bloom
    /// filter).
    case records
    /// Raw floats: no compression, since they do not compress, and large blocks.
    case vectors
    /// Small values read one key at a time, often for keys that are absent (bloom filter, lz4).
    case lookup
  }

  /// The name on disk.
  public let name: String
  /// The settings used for this family.
  public let profile: Profile

  /// Names a family. `"default"` always exists.
  public init(name: String, profile: Profile) {
    self.name = name
    self.profile = profile
  }
}
