import FoundationEssentials

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
