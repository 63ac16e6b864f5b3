import PointModel
import Synchronization
import VectorIndex

/// What a ranking is an answer to: the same rows in the same order, if an index did not change what
/// it finds.
struct RankingQuestion {
  /// The field that is searched, and the last commit by which anybody changed its collection, but
  /// for the collection itself, which moves points to other rows.
  fileprivate let field: ObjectIdentifier
  fileprivate let sequence: UInt64
  fileprivate let query: Query
  fileprivate let filter: Filter?
  fileprivate let params: SearchParams
  /// Memory of the question.
  fileprivate let byteCount: Int

  /// Bytes of vectors and of values in filters up to which a question is remembered.
  private static let bytesMax = 64 << 10

  /// What `node` asks of a field at a commit; `nil` for what is too large to be remembered, or
  /// depends on more than that.
  init?(_ node: QueryNode, of field: any VectorField, at sequence: UInt64) {
    guard let query = node.query, node.params.idf == nil else { return nil }
    let bytes = query.heldBytes + (node.filter?.heldBytes ?? 0)
    guard bytes <= Self.bytesMax else { return nil }
    byteCount = 256 + bytes
    self.field = ObjectIdentifier(field)
    self.sequence = sequence
    self.query = query
    filter = node.filter
    params = node.params
  }

  fileprivate var digest: UInt64 {
    var digest = VectorDigest(seed: UInt64(UInt(bitPattern: field.hashValue)) ^ sequence)
    digest.mix(UInt64(filter?.conditionCount ?? 0))
    if case .nearest(let vector) = query {
      digest.mix(vector)
    } else {
      for vector in query.vectors { digest.mix(vector) }
    }
    return digest.value
  }

  fileprivate func isSame(as other: RankingQuestion) -> Bool {
    query == other.query && isLike(other)
  }

  /// Whether the questions are the same, if their digests are.
  fileprivate func isLike(_ other: RankingQuestion) -> Bool {
    field == other.field && sequence == other.sequence && params == other.params
      && filter == other.filter
  }
}

extension VectorDigest {
  fileprivate mutating func mix(_ vector: QueryVector) {
    switch vector {
    case .point(let id): mix(UInt64(UInt(bitPattern: id.hashValue)))
    case .value(let value): mix(value)
    }
  }
}

extension Query {
  /// About what its vectors take.
  fileprivate var heldBytes: Int {
    if case .nearest(let vector) = self { return vector.heldBytes }
    return vectors.reduce(0) { $0 + $1.heldBytes }
  }
}

extension QueryVector {
  fileprivate var heldBytes: Int {
    if case .value(let value) = self { value.byteCount } else { 32 }
  }
}

/// The rankings that indexes have given lately, so that a further page of one continues it: an
/// index that is calibrated, put in order or built anew between two pages finds other rows.
///
/// Questions fall into sets of a few places; who comes into a full one takes the place of the
/// question that was not asked for longest. Any thread may ask; each call takes one of several
/// locks.
final class RankingMemory: Sendable {
  /// A ranking as far as it was asked for.
  struct Ranking {
    var rows: [Neighbor]
    /// Whether there are no further rows.
    var isComplete: Bool

    fileprivate func begins(with others: [Neighbor]) -> Bool {
      if rows.count < others.count { return false }
      for place in others.indices where rows[place] != others[place] { return false }
      return true
    }
  }

  private struct Entry {
    let digest: UInt64
    let question: RankingQuestion
    let ranking: Ranking
    let byteCount: Int
    /// When it was asked for last, by the count of its part.
    var time: UInt64
  }

  private struct Part {
    var entries: [Entry?]
    var byteCount = 0
    /// How often anybody has asked.
    var time: UInt64 = 0
    /// The next place to be emptied for want of room.
    var oldest = 0

    /// Where a question is, or comes.
    func place(for question: RankingQuestion, _ digest: UInt64) -> Int {
      var chosen = 0
      var leastTime = UInt64.max
      for place in RankingMemory.places(of: digest) {
        let entry = entries[place]
        if let entry, entry.digest == digest, entry.question.isLike(question) { return place }
        // An empty place has been asked for before all others.
        let time = entry?.time ?? 0
        if time < leastTime {
          leastTime = time
          chosen = place
        }
      }
      return chosen
    }
  }

  private final class Shard: Sendable {
    let part = Mutex(Part(entries: Array(repeating: nil, count: RankingMemory.placesPerShard)))
  }

  private static let shardCount = 16
  private static let placesPerShard = 256
  private static let placesPerSet = 4
  /// Rows of a ranking beyond which it is not kept.
  private static let rowsMax = 16_384

  private let shards = (0..<shardCount).map { _ in Shard() }
  private let bytesMax: Int

  /// - Parameter bytesMax: memory of everything that is kept.
  init(bytesMax: Int) { self.bytesMax = bytesMax }

  /// Memory in use, in bytes.
  var byteCount: Int { shards.reduce(0) { $0 + $1.part.withLock { $0.byteCount } } }

  /// What was given to a question last, if it is known still.
  func ranking(for question: RankingQuestion) -> Ranking? {
    let digest = question.digest
    let entry: Entry? = shard(of: digest).part.withLock { part in
      part.time += 1
      for place in Self.places(of: digest) {
        guard let entry = part.entries[place], entry.digest == digest,
          entry.question.isLike(question)
        else { continue }
        part.entries[place]?.time = part.time
        return entry
      }
      return nil
    }
    guard let entry, entry.question.isSame(as: question) else { return nil }
    return entry.ranking
  }

  /// Keeps what is given to a question. A longer ranking that begins alike stays.
  func keep(_ ranking: Ranking, for question: RankingQuestion) {
    let bytes = question.byteCount + ranking.rows.count * MemoryLayout<Neighbor>.stride
    let budget = bytesMax / Self.shardCount
    guard ranking.rows.count <= Self.rowsMax, bytes <= budget else { return }
    let digest = question.digest
    // What is replaced is let go of outside of the lock.
    let replaced: [Entry] = shard(of: digest).part.withLock { part in
      var replaced: [Entry] = []
      part.time += 1
      let place = part.place(for: question, digest)
      if let present = part.entries[place] {
        // What is like it and begins alike is taken for the same question. Should it be another,
        // the ranking of this one is not kept: who asks for it looks at the question.
        if present.digest == digest, present.question.isLike(question),
          present.ranking.begins(with: ranking.rows)
        {
          part.entries[place]?.time = part.time
          return []
        }
        replaced.append(present)
      }
      part.entries[place] = Entry(
        digest: digest, question: question, ranking: ranking, byteCount: bytes, time: part.time)
      part.byteCount += bytes - (replaced.first?.byteCount ?? 0)
      while part.byteCount > budget {
        part.oldest = (part.oldest + 1) % Self.placesPerShard
        guard part.oldest != place, let old = part.entries[part.oldest] else { continue }
        part.entries[part.oldest] = nil
        part.byteCount -= old.byteCount
        replaced.append(old)
      }
      return replaced
    }
    _ = consume replaced
  }

  /// Lets go of what was given to a question, if it is kept.
  func forget(_ question: RankingQuestion) {
    let digest = question.digest
    let forgotten: [Entry] = shard(of: digest).part.withLock { part in
      var forgotten: [Entry] = []
      for place in Self.places(of: digest) where part.entries[place]?.digest == digest {
        guard let entry = part.entries[place] else { continue }
        part.entries[place] = nil
        part.byteCount -= entry.byteCount
        forgotten.append(entry)
      }
      return forgotten
    }
    _ = consume forgotten
  }

  private func shard(of digest: UInt64) -> Shard {
    shards[Int(truncatingIfNeeded: digest >> 60)]
  }

  /// The places that a question may have in its shard.
  private static func places(of digest: UInt64) -> Range<Int> {
    let sets = placesPerShard / placesPerSet
    let first = (Int(truncatingIfNeeded: digest >> 40) & (sets - 1)) * placesPerSet
    return first..<first + placesPerSet
  }
}

extension ReadTransaction {
  /// What was given to a question last, with the rows that its points have in this transaction;
  /// `nil` if it is not known any more, or the points have been moved since.
  func ranking(for question: RankingQuestion) -> RankingMemory.Ranking? {
    guard var ranking = collection.core.rankings.ranking(for: question) else { return nil }
    let moves = state.moves
    for index in ranking.rows.indices {
      let neighbor = ranking.rows[index]
      let row = moves.isEmpty ? neighbor.offset : moves[neighbor.offset]
      guard row < visibility.rowCount else { return nil }
      if row != neighbor.offset {
        ranking.rows[index] = Neighbor(offset: row, score: neighbor.score)
      }
    }
    return ranking
  }
}
