/// What the indexer works on, and what it does for one vector of a collection.
///
/// Used on the thread of the indexer. Steps may take minutes; while they go on they ask for
/// ``IndexRounds/drainTails()`` now and then.
package protocol IndexSite: AnyObject {
  associatedtype Collection
  associatedtype Vector

  /// Whether the indexer is to end.
  var isStopped: Bool { get }
  /// A clock that does not go back, in milliseconds.
  var now: UInt64 { get }
  /// All collections.
  var collections: [Collection] { get }
  /// Takes those that commits have something to do for.
  func takeQueued() -> [Collection]
  /// Adds one to these.
  func queue(_ collection: Collection)

  func number(of collection: Collection) -> UInt32
  func isDropped(_ collection: Collection) -> Bool
  /// Grows with every row that comes.
  func nextOffset(of collection: Collection) -> UInt32
  func vectors(of collection: Collection) -> [Vector]
  func figures(of vector: Vector, in collection: Collection) -> IndexFigures

  /// One step of what a vector does with new rows by itself.
  ///
  /// - Returns: whether there may be more to do.
  func putInOrder(_ collection: Collection, _ vector: Vector) -> Bool
  /// Has files take what is too much in memory.
  func moveOut(_ collection: Collection, _ vector: Vector)
  /// Does all that is due for files.
  func moveRows(_ collection: Collection, _ vector: Vector)
  /// Enters rows of the tail, at most so many.
  ///
  /// - Returns: how many were entered; 0 where none can be.
  func insert(_ collection: Collection, _ vector: Vector, limit: Int) -> Int
  /// Builds an index and has it take the place of what there is.
  func build(_ collection: Collection, _ vector: Vector)
  /// Notes that the lists are gone through after so many changes.
  func noteUpkeep(_ vector: Vector, after changes: UInt64)
  /// One step of going through the lists.
  ///
  /// - Parameter packs: whether they may all be written anew at the end.
  /// - Returns: whether there is more to do.
  func maintain(_ collection: Collection, _ vector: Vector, packs: Bool) -> Bool
  /// Calibrates an index with the queries that have come, if these are enough, or, if it
  /// `renewsOld`, because many rows have come or gone.
  func recalibrate(_ collection: Collection, _ vector: Vector, renewsOld: Bool)
  /// Saves an index, or lists that a vector has made by itself.
  func save(_ collection: Collection, _ vector: Vector)
}

/// The order in which the indexer does what is due, without threads, clocks or I/O.
///
/// Collections take turns. A turn has an end even where rows come as fast as they are entered, and
/// what is left then is taken up after all others had theirs; so is what came in while an index was
/// built. What can't be done now is left until time asks for it, and ends in waiting.
package final class IndexRounds<Site: IndexSite> {
  /// What takes turns.
  package typealias Collection = Site.Collection
  /// What a collection has indexes of.
  package typealias Vector = Site.Vector

  private unowned let site: Site
  private var lastLook: UInt64?
  /// Where each collection stood when it was last looked at, and since when it stands there.
  private var quietSince: [UInt32: (nextOffset: UInt32, since: UInt64)] = [:]
  /// By number, what is taken up again when the round is over.
  private var unfinished: [UInt32: Collection] = [:]

  private static var lookEveryMilliseconds: UInt64 { 1000 }
  /// Milliseconds without new rows after which a collection is put in order.
  private static var quietMilliseconds: UInt64 { 3000 }
  /// Rows entered before searches are shown them.
  private static var rowsPerInsert: Int { 4096 }
  /// Rows entered between two blocks of a build.
  static var rowsPerPause: Int { 1024 }
  /// Steps of one turn, and of the pause of a build.
  private static var stepsPerTurn: Int { 64 }
  private static var stepsPerPause: Int { 4 }

  /// Before the first round. The site owns this.
  package init(_ site: Site) { self.site = site }

  /// What commits have asked for, and what time asks for.
  package func round() {
    for collection in site.takeQueued() where !site.isStopped { serve(collection) }
    let now = site.now
    if lastLook.map({ now - $0 >= Self.lookEveryMilliseconds }) ?? true {
      lastLook = now
      look()
    }
    requeueUnfinished()
  }

  /// What a commit asks for.
  private func serve(_ collection: Collection) {
    if site.isDropped(collection) { return }
    for vector in site.vectors(of: collection) {
      putInOrder(collection, vector, steps: Self.stepsPerTurn)
      site.moveOut(collection, vector)
      insert(collection, vector, steps: Self.stepsPerTurn, limit: Self.rowsPerInsert)
      if !site.isStopped, figures(collection, vector).wantsBuild(at: site.now) {
        site.build(collection, vector)
      }
    }
  }

  private func figures(_ collection: Collection, _ vector: Vector) -> IndexFigures {
    site.figures(of: vector, in: collection)
  }

  /// Has a vector put its new rows in order.
  private func putInOrder(_ collection: Collection, _ vector: Vector, steps: Int) {
    for _ in 0..<steps {
      guard !site.isStopped, site.putInOrder(collection, vector) else { return }
    }
    leave(collection)
  }

  /// Enters the rows of the tail.
  private func insert(_ collection: Collection, _ vector: Vector, steps: Int, limit: Int) {
    for _ in 0..<steps {
      let figures = figures(collection, vector)
      guard !site.isStopped, figures.hasIndex, figures.tailRows > 0,
        site.insert(collection, vector, limit: limit) > 0
      else { return }
    }
    if figures(collection, vector).wantsTurn { leave(collection) }
  }

  /// Has a collection wait for its next turn.
  private func leave(_ collection: Collection) {
    unfinished[site.number(of: collection)] = collection
  }

  /// Has what was left taken up.
  package func requeueUnfinished() {
    let left = unfinished.values
    unfinished = [:]
    for collection in left where !site.isDropped(collection) { site.queue(collection) }
  }

  /// Enters the tails of all collections while something long goes on.
  package func drainTails() {
    for collection in site.takeQueued() where !site.isDropped(collection) {
      for vector in site.vectors(of: collection) {
        putInOrder(collection, vector, steps: Self.stepsPerTurn)
        site.moveOut(collection, vector)
        insert(collection, vector, steps: Self.stepsPerPause, limit: Self.rowsPerPause)
        // A first build that is due is taken up after the one that goes on.
        if figures(collection, vector).wantsTurn { leave(collection) }
      }
    }
  }

  // MARK: What time asks for

  private func look() {
    let collections = site.collections
    let present = Set(collections.map(site.number))
    quietSince = quietSince.filter { present.contains($0.key) }
    for collection in collections where !site.isStopped {
      let vectors = site.vectors(of: collection)
      if vectors.contains(where: { isIndexed(collection, $0) }) {
        serve(collection)
        let isQuiet = isQuiet(collection)
        for vector in vectors where !site.isStopped {
          keepUp(collection, vector, isQuiet: isQuiet)
        }
      } else {
        for vector in vectors { putInOrder(collection, vector, steps: Self.stepsPerTurn) }
      }
      for vector in vectors { site.moveRows(collection, vector) }
      saveOften(collection)
    }
  }

  private func isIndexed(_ collection: Collection, _ vector: Vector) -> Bool {
    let figures = figures(collection, vector)
    return figures.hasIndex || figures.isFirstDue
  }

  private func keepUp(_ collection: Collection, _ vector: Vector, isQuiet: Bool) {
    let figures = figures(collection, vector)
    guard figures.hasIndex else { return }
    if isQuiet, figures.wantsRebuild(at: site.now) {
      site.build(collection, vector)
    } else if figures.isUpkeepDue(at: site.now, isQuiet: isQuiet) {
      site.noteUpkeep(vector, after: figures.changes)
      // What is put in one piece while rows come is in many parts again in a moment.
      while !site.isStopped, site.maintain(collection, vector, packs: isQuiet) { drainTails() }
    }
    if site.isStopped { return }
    site.recalibrate(
      collection, vector, renewsOld: figures.mayRenewCalibration(at: site.now, isQuiet: isQuiet))
  }

  private func isQuiet(_ collection: Collection) -> Bool {
    let (number, nextOffset) = (site.number(of: collection), site.nextOffset(of: collection))
    let now = site.now
    guard let last = quietSince[number], last.nextOffset == nextOffset else {
      quietSince[number] = (nextOffset, now)
      return false
    }
    return now - last.since >= Self.quietMilliseconds
  }

  // MARK: Saving

  private func saveOften(_ collection: Collection) {
    let least = IndexFigures.rowsWorthSaving
    save(collection, atLeast: isQuiet(collection) ? least : 10 * least)
  }

  /// Saves what is worth it.
  package func save(_ collection: Collection, atLeast rows: Int) {
    if site.isDropped(collection) { return }
    for vector in site.vectors(of: collection)
    where figures(collection, vector).isWorthSaving(atLeast: rows) {
      site.save(collection, vector)
    }
  }
}
