import FastJSON
import PointModel
import Storage

/// Reads the points of one frame. Everything is checked: a snapshot may have been made by anybody.
struct ArchivedPoints {
  /// How vectors are kept, by their number.
  let formats: [UInt16: any VectorFormat]
  let nextOperation: UInt64

  init(_ entry: CatalogEntry, nextOperation: UInt64) throws(CollectionError) {
    var formats: [UInt16: any VectorFormat] = [:]
    for vector in entry.config.vectorKinds {
      guard let number = entry.vectorNumbers[vector.name], formats[number] == nil else {
        throw .damagedSnapshot("vector `\(vector.name)` has no number of its own")
      }
      formats[number] = vector.kind.format
    }
    self.formats = formats
    self.nextOperation = nextOperation
  }

  /// Puts the points of `frame` into `batch`, as rows of collection `number` from `offset` on.
  ///
  /// - Returns: how many vectors they have.
  func put(
    _ frame: UnsafeRawBufferPointer, of number: UInt32, from offset: inout UInt32,
    into batch: inout WriteBatch
  ) throws(CollectionError) -> UInt64 {
    var cursor = Cursor(bytes: frame)
    var vectors: UInt64 = 0
    while !cursor.isAtEnd {
      guard offset < UInt32.max else {
        throw .wrongInput("the snapshot has more points than a collection can hold")
      }
      let record = try cursor.take(Int(try cursor.integer(UInt32.self)))
      let point = try Self.checked(record)
      guard point.version < max(1, nextOperation) else {
        throw .damagedSnapshot("point \(point.id) is newer than the collection")
      }
      batch.put(key: KeyLayout.point(number, offset), value: record, in: KeyLayout.points)
      let location = PointLocation(offset: offset, version: point.version)
      batch.put(
        key: KeyLayout.id(number, point.id), value: location.encoded(), in: KeyLayout.ids)
      let count = try cursor.integer(UInt16.self)
      for _ in 0..<count {
        let vector = try cursor.integer(UInt16.self)
        guard let format = formats[vector] else {
          throw .damagedSnapshot("point \(point.id) has an unknown vector")
        }
        // What is shorter than a vector reaches beyond the frame.
        let length = format.storedLength(at: cursor.rest) ?? cursor.rest.count + 1
        let values = try cursor.take(length)
        guard format.fits(values) else {
          throw .damagedSnapshot("point \(point.id) has a damaged vector")
        }
        guard format.isFinite(values) else {
          throw .damagedSnapshot("point \(point.id) has a vector that is not finite")
        }
        batch.put(
          key: KeyLayout.vector(number, vector, offset), value: values, in: KeyLayout.vectors)
      }
      vectors += UInt64(count)
      offset += 1
    }
    return vectors
  }

  private static func checked(
    _ record: UnsafeRawBufferPointer
  ) throws(CollectionError) -> PointRecord.View {
    let view: PointRecord.View
    do throws(CollectionError) {
      view = try PointRecord.view(record)
    } catch {
      throw .damagedSnapshot("a point's record can't be read")
    }
    if view.payload.elementsEqual("{}".utf8) { return view }
    guard let document = try? JSONDocument(parsing: view.payload), document.root.kind == .object
    else { throw .damagedSnapshot("the payload of point \(view.id) is no JSON object") }
    return view
  }

  /// Takes one thing after another from a frame.
  private struct Cursor {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) {
      self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    mutating func take(_ count: Int) throws(CollectionError) -> UnsafeRawBufferPointer {
      guard count <= bytes.count - position else {
        throw .damagedSnapshot("a point reaches beyond its frame")
      }
      defer { position += count }
      return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(
      _ type: T.Type
    ) throws(CollectionError) -> T {
      try take(MemoryLayout<T>.size).readBigEndian(type) ?? 0
    }
  }
}
