import FileMapping

/// The word pieces of a BERT vocabulary, looked up by the hash of their UTF-8 bytes.
///
/// Bytes and not `String` keys: `String` equality is canonical equivalence, under which different
/// pieces of the vocabulary are one; and the hash of every prefix of a word comes from one pass.
struct Vocabulary: Sendable {
  /// Where a piece may stand: at the start of a word, or inside one (written `##piece`).
  enum Position {
    case start, inside
  }

  let unknown: Int32
  let classification: Int32
  let separator: Int32
  /// Pieces that stand for themselves in a text, such as `[MASK]`, with their ids.
  let special: [(text: [UInt8], id: Int32)]
  /// Length of the longest piece in bytes.
  let longest: Int
  private let bytes: [UInt8]
  /// Piece `i` is `bytes[starts[i]..<starts[i + 1]]`.
  private let starts: [Int32]
  /// Open addressing; a power of two at least twice the number of pieces; -1 is an empty slot.
  private let slots: [Int32]

  static let specialPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
  private static let insideMark = Array("##".utf8)

  /// Reads a `vocab.txt`: one piece a line, the id is the line number. `size` is the number of rows
  /// of the model's embedding table, which the ids index.
  init(path: String, size: Int) throws(EmbeddingModelError) {
    let file = try MappedFile(model: path)
    guard file.bytes.count <= 64 << 20 else {
      throw .damaged(path: path, reason: "larger than any vocabulary")
    }
    var pieces = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if pieces.last?.isEmpty == true { pieces.removeLast() }
    guard pieces.count == size else {
      throw .damaged(path: path, reason: "\(pieces.count) pieces, expected \(size)")
    }
    var bytes: [UInt8] = []
    var starts: [Int32] = [0]
    for piece in pieces {
      bytes.append(contentsOf: piece.last == UInt8(ascii: "\r") ? piece.dropLast() : piece)
      starts.append(Int32(bytes.count))
    }
    var capacity = 2
    while capacity < 2 * size { capacity *= 2 }
    var slots = [Int32](repeating: -1, count: capacity)
    var longest = 0
    for id in 0..<size {
      var hash = Self.seed(.start)
      var piece = bytes[Int(starts[id])..<Int(starts[id + 1])]
      longest = max(longest, piece.count)
      if piece.count > 2, piece.starts(with: Self.insideMark) {
        hash = Self.seed(.inside)
        piece = piece.dropFirst(2)
      }
      for byte in piece { hash = Self.extend(hash, byte) }
      var slot = Self.slot(hash, capacity)
      while slots[slot] >= 0 { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = Int32(id)
    }
    self.longest = longest
    self.bytes = bytes
    self.starts = starts
    self.slots = slots
    var ids: [Int32] = []
    for text in Self.specialPieces {
      guard let id = Self.find(Array(text.utf8)[...], .start, bytes, starts, slots) else {
        throw .damaged(path: path, reason: "piece \(text) is missing")
      }
      ids.append(id)
    }
    special = zip(Self.specialPieces, ids).map { (Array($0.utf8), $1) }
    (unknown, classification, separator) = (ids[1], ids[2], ids[3])
  }

  static func seed(_ position: Position) -> UInt64 {
    position == .start ? 0xcbf2_9ce4_8422_2325 : 0x9ae1_6a3b_2f90_404f
  }

  /// The hash of a prefix one byte longer (FNV-1a).
  static func extend(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x100_0000_01b3
  }

  private static func slot(_ hash: UInt64, _ capacity: Int) -> Int {
    Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (capacity - 1)
  }

  /// The id of the piece with these bytes and this hash.
  func id(_ piece: ArraySlice<UInt8>, hash: UInt64, _ position: Position) -> Int32? {
    Self.find(piece, hash: hash, position, bytes, starts, slots)
  }

  private static func find(
    _ piece: ArraySlice<UInt8>, _ position: Position, _ bytes: [UInt8], _ starts: [Int32],
    _ slots: [Int32]
  ) -> Int32? {
    let hash = piece.reduce(seed(position), extend)
    return find(piece, hash: hash, position, bytes, starts, slots)
  }

  private static func find(
    _ piece: ArraySlice<UInt8>, hash: UInt64, _ position: Position, _ bytes: [UInt8],
    _ starts: [Int32], _ slots: [Int32]
  ) -> Int32? {
    var slot = slot(hash, slots.count)
    while slots[slot] >= 0 {
      let id = Int(slots[slot])
      var candidate = bytes[Int(starts[id])..<Int(starts[id + 1])]
      let isInside = candidate.count > 2 && candidate.starts(with: insideMark)
      if isInside { candidate = candidate.dropFirst(2) }
      if isInside == (position == .inside), candidate.elementsEqual(piece) { return Int32(id) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }
}
