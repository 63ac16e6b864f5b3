import Synchronization

/// Rows that go from memory into files and back. One thread at a time, which may be another than
/// the writer's; rows below the row count that was published are its business only, and the
/// writer's only where all rows of a chunk are dead.
extension DenseColumn {
  /// The files, in the order of their rows.
  public var files: [RowFile] { filed.withLock { $0?.files ?? [] } }

  /// Memory of the tables of the files, in bytes.
  public var fileTableBytes: Int { files.reduce(0) { $0 + $1.residentBytes } }

  /// Rows that files stand for, but for those of dropped chunks.
  public var filedRows: Int {
    let files = files
    if files.isEmpty { return 0 }
    let dead = deadChunks.withLock { chunks in
      chunks.count { chunk in
        files.contains { $0.header.rows.contains(UInt32(chunk << rowShift)) }
      }
    }
    return files.reduce(0) { $0 + $1.header.rows.count } - dead * rowsPerChunk
  }

  /// The rows of the chunks that are complete below `rowCount` and may go into the next file: from
  /// the first of them on until a file stands for the rows already. `nil` when there are none.
  public func movableRows(below rowCount: UInt32) -> Range<UInt32>? {
    let numbers = movableChunks(below: rowCount)
    guard let first = numbers.first else { return nil }
    let start = UInt32(first << rowShift)
    let complete = rowCount - rowCount % UInt32(rowsPerChunk)
    let end = files.map(\.header.rows.lowerBound).first { $0 > start } ?? complete
    return start..<min(end, complete)
  }

  private func movableChunks(below rowCount: UInt32) -> [Int] {
    let complete = Int(rowCount) >> rowShift
    return directory.snapshot().chunks.prefix(complete).enumerated().compactMap {
      $0.element == nil ? nil : $0.offset
    }
  }

  /// Has files take the place of others and of the chunks in memory whose rows they stand for.
  /// Views that were taken before keep what they show.
  public func install(_ file: RowFile, replacing old: [RowFile] = [], reads: PageReads) {
    let rows = file.header.rows
    let first = Int(rows.lowerBound) >> rowShift
    let end = (Int(rows.upperBound) - 1) >> rowShift + 1
    let dropped = filed.withLock { filed in
      let kept = (filed?.files ?? []).filter { present in !old.contains { $0 === present } }
      filed = FiledRows(kept + [file], reads: reads, rowBytes: rowBytes)
      let chunks = directory.snapshot().chunks
      var gone: [Int: DenseChunk?] = [:]
      for number in first..<max(first, min(end, chunks.count)) where chunks[number] != nil {
        gone.updateValue(nil, forKey: number)
      }
      directory.replace(gone)
      return gone.keys.reduce(0) { $0 + (chunks[$1]?.byteCount ?? 0) }
    }
    chunkBytes.subtract(dropped, ordering: .relaxed)
  }

  /// Reads the rows of a file that live into memory, which readers use from then on in its stead.
  /// Blocking.
  ///
  /// - Parameters:
  ///   - view: the column's, taken together with `visibility`, as of the latest commit.
  ///   - shouldStop: polled once a chunk; the file stays then.
  /// - Returns: whether it was done.
  public func restore(
    _ file: RowFile, in view: DenseColumnView, _ visibility: VisibilityView,
    shouldStop: () -> Bool
  ) -> Bool {
    let offsets = file.offsets.filter(visibility.isVisible).sorted()
    var chunks: [Int: DenseChunk?] = [:]
    let block = FiledBlock(view, rowCount: 1)
    var bytes = 0
    for offset in offsets {
      let number = Int(offset) >> rowShift
      let chunk: DenseChunk
      if let present = chunks[number] ?? nil {
        chunk = present
      } else {
        if shouldStop() { return false }
        chunk = makeChunk(number)
        chunks[number] = chunk
        bytes += chunk.byteCount
      }
      withUnsafePointer(to: offset) {
        block.fill(UnsafeBufferPointer(start: $0, count: 1), keeps: false)
      }
      chunk.write(row: Int(offset) & (rowsPerChunk - 1)) {
        $0.copyMemory(from: block.addresses[0], byteCount: rowBytes)
      }
    }
    let restored = chunks
    filed.withLock { filed in
      let kept = (filed?.files ?? []).filter { $0 !== file }
      let reads = filed?.reads
      filed = reads.flatMap {
        kept.isEmpty ? nil : FiledRows(kept, reads: $0, rowBytes: rowBytes)
      }
      directory.replace(restored)
    }
    chunkBytes.add(bytes, ordering: .relaxed)
    return true
  }

  /// Writes a file of the rows at `offsets`, in that order, as `view` shows them. Blocking.
  ///
  /// - Parameters:
  ///   - shouldStop: polled every few hundred rows.
  /// - Throws: ``RowFileError``; there is no new file then.
  public static func write(
    _ header: RowFileHeader, offsets: [UInt32], from view: DenseColumnView, to path: String,
    shouldStop: () -> Bool
  ) throws(RowFileError) {
    var writer = try RowFileWriter(path: path, rowBytes: view.rowBytes)
    let batch = max(1, min(256, (1 << 20) / view.rowBytes))
    let block = FiledBlock(view, rowCount: batch)
    for start in stride(from: 0, to: offsets.count, by: batch) {
      if shouldStop() { throw .interrupted }
      let end = min(offsets.count, start + batch)
      offsets[start..<end].withUnsafeBufferPointer { block.fill($0, keeps: false) }
      for (offset, address) in zip(block.offsets, block.addresses) {
        try writer.append(
          offset, UnsafeRawBufferPointer(start: address, count: view.rowBytes))
      }
    }
    try writer.finish(header)
  }
}
