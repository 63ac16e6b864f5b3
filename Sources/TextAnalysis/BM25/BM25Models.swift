import Synchronization

/// The models that were used last, so that a request need not make its own.
public final class BM25Models: Sendable {
  /// Those of the process.
  public static let shared = BM25Models()

  /// How many are kept.
  private static let limit = 16

  /// None yet.
  package init() {}

  private let models = Mutex<[(parameters: BM25Parameters, model: BM25Model)]>([])

  /// The model with these parameters, which have no ``BM25Parameters/problem``.
  public func model(_ parameters: BM25Parameters) -> BM25Model {
    if let model = models.withLock({ $0.first { $0.parameters == parameters }?.model }) {
      return model
    }
    let model = BM25Model(parameters)
    models.withLock { models in
      models.insert((parameters, model), at: 0)
      if models.count > Self.limit { models.removeLast() }
    }
    return model
  }
}
