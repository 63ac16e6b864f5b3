import Foundation
import SentenceEmbedding

/// Files of embedding models.
extension FuzzTarget {
  /// One target for each.
  static let models: [FuzzTarget] = [safetensors, vocabulary, packedModel]

  /// The weights of a model.
  private static let safetensors: FuzzTarget = {
    let maker = JSONMaker([
      #"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#,
      """
      {"w":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]},
      "b":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}
      """,
    ])
    return FuzzTarget(
      name: "safetensors",
      example: { source in
        var header = maker.text(&source)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        let length = source.chance(10) ? source.integer() : UInt64(header.count)
        return withUnsafeBytes(of: length.littleEndian) { Array($0) } + header
          + [UInt8](repeating: 1, count: 24)
      },
      read: { bytes in
        let path = temporaryFile(Array(bytes))
        defer { unlink(path) }
        guard let file = try? SafetensorsFile(path: path) else { return false }
        return (try? file.floats("w", shape: [2, 2]).reduce(0, +)) != nil
      })
  }()

  /// The pieces of a tokenizer, a line each: as many as the model has.
  private static let vocabulary = FuzzTarget(
    name: "vocabulary",
    example: { source in
      var pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "b", "##", "\u{e9}"]
      pieces.shuffle(using: &source)
      return Array(pieces.joined(separator: source.chance(4) ? "\r\n" : "\n").utf8)
    },
    read: { bytes in
      let path = temporaryFile(Array(bytes))
      defer { unlink(path) }
      let tokenizer = try? WordPieceTokenizer(vocabularyPath: path, size: 10)
      return tokenizer.map { $0.encode("ab \u{e9}a [MASK]", limit: 16).count > 2 } ?? false
    })

  /// A model in one file, without the tensors.
  private static let packedModel = FuzzTarget(
    name: "packed-model",
    example: { source in
      let texts = ["<s>", "<pad>", "</s>", "<unk>", "\u{2581}", "a", "\u{2581}ab"]
      let pieces = Array(texts.joined().utf8)
      var head: [UInt32] = [1, 384, 1, 12, 1536, UInt32(texts.count), 64, 2, 0, 32]
      head += [UInt32(texts.count), 0, 2, 1, 3]
      if source.chance(4) {
        head[source.number(below: head.count)] = UInt32(truncatingIfNeeded: source.integer())
      }
      var bytes = Array("E5S1".utf8) + head.flatMap { littleEndian($0) }
      bytes += littleEndian(source.chance(10) ? source.integer() : UInt64(pieces.count))
      var start: UInt32 = 0
      bytes += littleEndian(start)
      for text in texts {
        start += UInt32(text.utf8.count)
        bytes += littleEndian(start)
      }
      bytes += texts.flatMap { _ in littleEndian(Float(source.number(below: 9)).bitPattern) }
      bytes += pieces
      bytes += [UInt32(1), 9, 10].flatMap { littleEndian($0) } + [1] + littleEndian(UInt32(0x20))
      let name = Array("emb.pos".utf8)
      bytes += littleEndian(UInt32(1)) + littleEndian(UInt16(name.count)) + name + [0]
      bytes += littleEndian(UInt32(2)) + littleEndian(UInt64(source.number(below: 300)))
      return bytes + littleEndian(source.chance(4) ? source.integer() : 8)
    },
    read: { bytes in
      let path = temporaryFile(Array(bytes))
      defer { unlink(path) }
      guard let file = try? PackedModelFile(path: path) else { return false }
      let tokenizer = UnigramTokenizer(file.pieces, prefixes: [:])
      return !tokenizer.encode("ab a\tb", as: .passage, limit: 16).isEmpty
    })

  private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
