import FileMapping
import FoundationEssentials

/// A safetensors file, memory-mapped. Every offset is checked against the file before use, so that
/// a damaged file gives an error and never an access outside the mapping.
package final class SafetensorsFile: Sendable {
  /// Where the file is.
  package let path: String
  private let file: MappedFile
  private let tensors: [String: SafetensorsHeader.Tensor]
  private let dataStart: Int

  /// Bytes of the header of a model's file: those of real ones have some ten kilobytes.
  private static let headerBytesMax = 16 << 20

  /// Maps the file at `path` and reads its table of tensors.
  package init(path: String) throws(EmbeddingModelError) {
    let file = try MappedFile(model: path)
    guard file.bytes.count >= 8 else {
      throw .damaged(path: path, reason: "shorter than its length field")
    }
    let length = UInt64(littleEndian: file.bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.headerBytesMax), Int(length) <= file.bytes.count - 8 else {
      throw .damaged(path: path, reason: "the header does not fit into the file")
    }
    dataStart = 8 + Int(length)
    do {
      tensors = try SafetensorsHeader.parse(file.bytes[8..<dataStart]).tensors
    } catch {
      throw .damaged(path: path, reason: "the header is not valid")
    }
    self.path = path
    self.file = file
  }

  /// The values of a single-precision tensor, valid for as long as this object lives.
  ///
  /// Throws `damaged` when the tensor is absent, is not `F32`, has another shape than `shape`, or
  /// does not lie in the file.
  package func floats(
    _ name: String, shape: [Int]
  ) throws(EmbeddingModelError) -> UnsafeBufferPointer<Float> {
    guard let tensor = tensors[name] else {
      throw .damaged(path: path, reason: "tensor \(name) is missing")
    }
    guard tensor.type == "F32", tensor.shape == shape else {
      throw .damaged(
        path: path,
        reason: "tensor \(name) is \(tensor.type) \(tensor.shape), expected F32 \(shape)")
    }
    let count = shape.reduce(1, *)
    let dataBytes = file.bytes.count - dataStart
    guard tensor.offsets.count == 2,
      case (let start, let end) = (tensor.offsets[0], tensor.offsets[1]),
      start >= 0, start <= end, end <= dataBytes, end - start == count * 4
    else { throw .damaged(path: path, reason: "tensor \(name) does not lie in the file") }
    let bytes = UnsafeRawBufferPointer(
      rebasing: file.bytes[(dataStart + start)..<(dataStart + end)])
    guard let base = bytes.baseAddress,
      UInt(bitPattern: base) % UInt(MemoryLayout<Float>.alignment) == 0
    else { throw .damaged(path: path, reason: "tensor \(name) is not aligned") }
    return bytes.bindMemory(to: Float.self)
  }
}

/// The JSON header of a safetensors file: what each tensor is and where its bytes lie.
struct SafetensorsHeader: Decodable {
  struct Tensor: Decodable {
    let type: String
    let shape: [Int]
    /// First byte and byte after the last, counted from the end of the header.
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case type = "dtype"
      case shape
      case offsets = "data_offsets"
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  let tensors: [String: Tensor]

  init(from decoder: any Decoder) throws {
    let entries = try decoder.container(keyedBy: Name.self)
    var tensors: [String: Tensor] = [:]
    for name in entries.allKeys where name.stringValue != "__metadata__" {
      tensors[name.stringValue] = try entries.decode(Tensor.self, forKey: name)
    }
    self.tensors = tensors
  }

  static func parse(_ json: some Sequence<UInt8>) throws -> SafetensorsHeader {
    try JSONDecoder().decode(SafetensorsHeader.self, from: Data(json))
  }
}
