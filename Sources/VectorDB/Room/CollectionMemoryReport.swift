import PayloadIndex
public import PointModel
import Storage
import Synchronization
import VectorIndex

/// What a collection takes in memory, by the formula, and on disk, about and as compressed: part by
/// part, as dashboards show it.
public struct CollectionMemoryReport: Sendable, Equatable {
  /// What one part takes, in bytes.
  public struct Use: Sendable, Equatable {
    /// Files.
    public var disk = 0
    /// Memory of the process.
    public var memory = 0

    static func + (left: Use, right: Use) -> Use {
      Use(disk: left.disk + right.disk, memory: left.memory + right.memory)
    }
  }

  /// The vectors under a name, and their index.
  public struct Vector: Sendable, Equatable {
    /// The vectors' name; empty for the unnamed ones.
    public var name: String
    /// Whether they are sparse.
    public var isSparse: Bool
    /// The vectors.
    public var storage: Use
    /// Codes, lists and centroids.
    public var index: Use
  }

  /// The index of a field of the payloads.
  public struct PayloadIndex: Sendable, Equatable {
    /// Where the field is.
    public var path: PayloadPath
    /// Keys and rows.
    public var use: Use
  }

  /// Dense and sparse vectors, in the order of the configuration.
  public var vectors: [Vector] = []
  /// Payloads: none of them is kept in memory.
  public var payload = Use()
  /// Payload indexes that are ready, by the paths of their fields.
  public var payloadIndexes: [PayloadIndex] = []
  /// Ids, versions, births and deaths of rows.
  public var identities = Use()

  /// All parts together.
  public var total: Use {
    var uses = [payload, identities]
    for vector in vectors { uses += [vector.storage, vector.index] }
    uses += payloadIndexes.map(\.use)
    return uses.reduce(Use(), +)
  }
}

extension PointCollection {
  /// What the collection takes in memory and on disk, part by part. It reads sizes of files on one
  /// of the threads of reads.
  public func memoryReport() async throws(CollectionError) -> CollectionMemoryReport {
    let transaction = try await beginRequest()
    return try await transaction.run { (transaction) throws(CollectionError) in
      try self.report(transaction)
    }
  }

  /// What the payloads take on disk, about and as compressed; 0 where that can't be told. Blocking,
  /// for microseconds.
  public var storedPayloadBytes: Int {
    let range = KeyLayout.range(of: number)
    let bytes = try? core.store.approximateBytes(
      in: KeyLayout.points, from: range.lower, upTo: range.upper)
    return Int(clamping: bytes ?? 0)
  }

  private func report(
    _ transaction: ReadTransaction
  ) throws(CollectionError) -> CollectionMemoryReport {
    let rowCount = state.withLock { $0.counters.nextOffset }
    var report = CollectionMemoryReport()
    let sparse = Set(config.sparseVectors.map(\.name))
    for field in fields {
      let rows = field.memory(rowCount: rowCount)
      let index = field.indexSlot.index?.memory().total ?? 0
      report.vectors.append(
        CollectionMemoryReport.Vector(
          name: field.name, isSparse: sparse.contains(field.name),
          storage: .init(
            disk: field.storedBytes + field.fileBytes, memory: rows.rows + rows.presence),
          // It is saved as it is in memory.
          index: .init(disk: index, memory: index)))
    }
    let range = KeyLayout.range(of: number)
    func stored(_ family: ColumnFamily) throws(CollectionError) -> Int {
      do throws(StorageError) {
        return Int(
          clamping: try core.store.approximateBytes(
            in: family, from: range.lower, upTo: range.upper))
      } catch {
        throw CollectionError(error)
      }
    }
    report.payload.disk = try stored(KeyLayout.points)
    report.identities = .init(
      disk: try stored(KeyLayout.ids),
      memory: visibility.residentBytes + identities.residentBytes)
    report.payloadIndexes = payloadSchema.fields.compactMap { path, _ in
      transaction.payloadIndexes[path].map { field in
        .init(
          path: path,
          use: .init(memory: field.index.segments.reduce(0) { $0 + $1.residentBytes }))
      }
    }
    return report
  }
}
