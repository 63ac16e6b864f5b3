import PointModel
import Testing
import VectorDB
import VectorIndex

/// The stored forms of vectors.
@Suite struct VectorFormatTests {
  private func stored(_ values: [Float], _ format: any VectorFormat) -> [UInt8] {
    var bytes: [UInt8] = []
    format.withStored(.dense(values)) { bytes = Array($0) }
    return bytes
  }

  @Test func floatsAreStoredAsTheyAre() {
    let format = DenseFormat(dimension: 2)
    #expect(stored([1, -2], format) == [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
    #expect(format.storedBytes == 8)
  }

  @Test func otherElementsAreStoredInFewerBytes() {
    #expect(
      stored([1, -2, 0.5], DenseFormat(dimension: 3, element: .float16))
        == [0, 0x3c, 0, 0xc0, 0, 0x38])
    #expect(stored([1, -2, 700], DenseFormat(dimension: 3, element: .uint8)) == [1, 0, 255])
  }

  @Test(arguments: ElementType.ofNumbers)
  func whatIsStoredIsRecognised(_ element: ElementType) {
    let format = DenseFormat(dimension: 5, element: element)
    let bytes = stored([1, 2, 3, 4, 5], format)
    #expect(bytes.count == format.storedBytes)
    // One byte further, nothing is aligned.
    let longer = [7] + bytes + [9]
    longer.withUnsafeBytes { longer in
      let from = UnsafeRawBufferPointer(rebasing: longer[1...])
      let own = UnsafeRawBufferPointer(rebasing: from[..<bytes.count])
      let short = UnsafeRawBufferPointer(rebasing: own.dropLast())
      #expect(format.fits(own) && !format.fits(from) && !format.fits(short))
      #expect(format.storedLength(at: from) == bytes.count)
      #expect(format.storedLength(at: own) == bytes.count)
      #expect(format.storedLength(at: short) == nil)
      #expect(format.isFinite(own))
    }
  }

  @Test func codesAreStoredWithTwoFloats() {
    let format = DenseFormat(dimension: 5, element: .turbo4)
    let bytes = stored([1, -2, 3, 4, 5], format)
    #expect(format.storedBytes == 12)
    #expect(bytes.count == 12)
    #expect(bytes.withUnsafeBytes { format.isFinite($0) })
    let damaged = bytes[..<8] + [0, 0, 0x80, 0x7f]
    #expect(!damaged.withUnsafeBytes { format.isFinite($0) })
  }

  @Test func multivectorsAreStoredWithTheirCount() throws {
    let format = MultiFormat(RowCodec(dimension: 2, element: .uint8))
    let vectors = try #require(MultiVector(dimension: 2, values: [1, 2, 3, 4, 5, 300]))
    var bytes: [UInt8] = []
    format.withStored(.multi(vectors)) { bytes = Array($0) }
    #expect(bytes == [3, 0, 0, 0, 1, 2, 3, 4, 5, 255])
    ([9] + bytes + [7]).withUnsafeBytes { longer in
      let from = UnsafeRawBufferPointer(rebasing: longer[1...])
      let own = UnsafeRawBufferPointer(rebasing: from.dropLast())
      #expect(format.fits(own) && !format.fits(from))
      #expect(format.storedLength(at: from) == 10)
      #expect(format.storedLength(at: UnsafeRawBufferPointer(rebasing: own.dropLast())) == nil)
      #expect(format.storedLength(at: UnsafeRawBufferPointer(rebasing: own[..<3])) == nil)
      #expect(format.isFinite(own))
    }
    let none: [UInt8] = [0, 0, 0, 0]
    #expect(none.withUnsafeBytes { format.storedLength(at: $0) } == nil)
  }

  @Test func numbersThatAreNotFiniteAreFound() {
    for element in [ElementType.float32, .float16] {
      let format = DenseFormat(dimension: 3, element: element)
      for wrong in [Float.infinity, -.infinity, .nan] {
        for place in 0..<3 {
          var values: [Float] = [1, 2, 3]
          values[place] = wrong
          stored(values, format).withUnsafeBytes { #expect(!format.isFinite($0)) }
        }
      }
    }
  }
}
