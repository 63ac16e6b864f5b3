import PointModel
import Synchronization
import VectorIndex

/// A collection as readers find it: all that a read begins with, as of the last commit that changed
/// the collection. Immutable; what changes it publishes another.
///
/// Readers hold it with the memory that it shows, whatever is let go of meanwhile, and together
/// with a snapshot of the store that is as new or newer, but not as new as the next of these.
final class PublishedCollection: Published {
  /// The last commit that changed the collection.
  let sequence: UInt64
  /// Where points were moved to since anybody but the collection itself changed it.
  let moves: RowMoves
  let config: CollectionConfig
  /// What the configuration says of it.
  let strictMode: StrictMode?
  let payloadSchema: PayloadSchema
  let phase: CollectionPhase
  let isDropped: Bool
  /// Points that exist.
  let pointsCount: Int
  /// What there is under each vector's name, and views of it in the same order.
  let fieldSet: FieldSet
  let fields: [any FieldView]
  let visibility: VisibilityView
  let identities: IdentityView
  /// The payload indexes that are ready.
  let payloadIndexes: PayloadIndexView
  /// Whether points may be moved to other rows: what is told apart by rows alone may come in
  /// another order then.
  let movesRows: Bool
  /// Far fewer dead rows than it takes for any to be moved, as a part of the live ones.
  private static let deadPartMin = 8
  private let unsettled = Atomic<Int>(0)

  init(_ state: PointCollection.State, _ tables: PointCollection.Tables) {
    sequence = state.sequence
    moves = state.moves
    let dead = Int(state.counters.nextOffset) - state.liveCount
    movesRows = !state.moves.isEmpty || dead > state.liveCount / Self.deadPartMin
    config = state.config
    strictMode = state.strictMode
    payloadSchema = state.payloadSchema
    phase = state.phase
    isDropped = state.isDropped
    pointsCount = state.liveCount
    fieldSet = state.fieldSet
    // Lists leave out rows that are dead at the last commit, which is this one.
    fields = state.fieldSet.all.map { $0.view() }
    visibility = tables.visibility.view(
      at: state.sequence, rowCount: state.counters.nextOffset)
    identities = tables.identities.view()
    payloadIndexes = tables.payloadIndexes.view.upTo(state.sequence)
  }

  func settle(_ claims: Int) -> Int {
    unsettled.add(claims, ordering: .acquiringAndReleasing).newValue
  }
}
