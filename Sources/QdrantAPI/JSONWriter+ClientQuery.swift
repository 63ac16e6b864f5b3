import FastJSON
import PointModel

extension JSONWriter {
  /// Writes the members of a query, or of a prefetch, that say what is searched: all but its page.
  mutating func writeSource(_ node: QueryNode) {
    if !node.prefetch.isEmpty {
      key("prefetch")
      beginArray()
      for child in node.prefetch {
        beginObject()
        writeSource(child)
        key("limit")
        integer(child.limit)
        endObject()
      }
      endArray()
    }
    if let query = node.query {
      key("query")
      write(query)
    }
    if !node.using.isEmpty {
      key("using")
      string(node.using)
    }
    if let filter = node.filter {
      key("filter")
      write(filter)
    }
    writeParams(node.params)
    if let threshold = node.scoreThreshold {
      key("score_threshold")
      float(threshold)
    }
    if let lookup = node.lookupFrom { writeLookup(lookup) }
  }

  private mutating func write(_ query: Query) {
    beginObject()
    switch query {
    case .nearest(let vector):
      key("nearest")
      write(vector)
    case .mmr(let vector, let diversity, let candidates):
      key("nearest")
      write(vector)
      key("mmr")
      beginObject()
      key("diversity")
      float(diversity)
      if let candidates {
        key("candidates_limit")
        integer(candidates)
      }
      endObject()
    case .recommend(let recommend):
      key("recommend")
      write(recommend)
    case .discover(let target, let context):
      key("discover")
      beginObject()
      key("target")
      write(target)
      key("context")
      write(context)
      endObject()
    case .context(let context):
      key("context")
      write(context)
    case .feedback(let feedback):
      key("relevance_feedback")
      write(feedback)
    case .fusion(let fusion): writeMember(fusion)
    case .formula(let formula): writeMembers(formula)
    case .orderBy(let order):
      key("order_by")
      write(order)
    case .sample:
      key("sample")
      string("random")
    }
    endObject()
  }

  private mutating func write(_ recommend: RecommendQuery) {
    beginObject()
    for (name, examples) in [("positive", recommend.positive), ("negative", recommend.negative)] {
      key(name)
      beginArray()
      for example in examples { write(example) }
      endArray()
    }
    key("strategy")
    switch recommend.strategy {
    case .averageVector: string("average_vector")
    case .bestScore: string("best_score")
    case .sumScores: string("sum_scores")
    }
    endObject()
  }

  private mutating func write(_ context: [ContextPair]) {
    beginArray()
    for pair in context {
      beginObject()
      key("positive")
      write(pair.positive)
      key("negative")
      write(pair.negative)
      endObject()
    }
    endArray()
  }

  private mutating func write(_ feedback: FeedbackQuery) {
    beginObject()
    key("target")
    write(feedback.target)
    key("feedback")
    beginArray()
    for example in feedback.examples {
      beginObject()
      key("example")
      write(example.vector)
      key("score")
      float(example.score)
      endObject()
    }
    endArray()
    key("strategy")
    beginObject()
    key("naive")
    beginObject()
    let coefficients = feedback.coefficients
    for (name, value) in [("a", coefficients.a), ("b", coefficients.b), ("c", coefficients.c)] {
      key(name)
      float(value)
    }
    endObject()
    endObject()
    endObject()
  }

  private mutating func write(_ order: OrderBy) {
    beginObject()
    key("key")
    string(order.key.description)
    key("direction")
    string(order.direction == .ascending ? "asc" : "desc")
    switch order.start {
    case nil: break
    case .number(let number):
      key("start_from")
      write(number)
    case .datetime(let moment):
      key("start_from")
      string(moment.description)
    }
    endObject()
  }

  private mutating func write(_ vector: QueryVector) {
    switch vector {
    case .value(let value): write(value)
    case .point(let id): write(id)
    }
  }

  /// Writes `params` unless they are the default ones.
  private mutating func writeParams(_ params: SearchParams) {
    if params == SearchParams() { return }
    key("params")
    beginObject()
    if let hnswEf = params.hnswEf {
      key("hnsw_ef")
      integer(hnswEf)
    }
    key("exact")
    bool(params.exact)
    key("indexed_only")
    bool(params.indexedOnly)
    writeQuantization(params)
    switch params.idf {
    case nil: break
    case .global:
      key("idf")
      string("global")
    case .corpus(let filter):
      key("idf")
      beginObject()
      key("corpus")
      write(filter)
      endObject()
    }
    if let ivf = params.ivf {
      key("ivf")
      beginObject()
      switch ivf {
      case .recall(let recall):
        key("recall")
        double(recall)
      case .probes(let probes):
        key("nprobe")
        integer(probes)
      }
      endObject()
    }
    endObject()
  }

  private mutating func writeQuantization(_ params: SearchParams) {
    guard params.oversampling != nil || params.rescore != nil || params.ignoresCodes else { return }
    key("quantization")
    beginObject()
    if params.ignoresCodes {
      key("ignore")
      bool(true)
    }
    if let rescore = params.rescore {
      key("rescore")
      bool(rescore)
    }
    if let oversampling = params.oversampling {
      key("oversampling")
      double(oversampling)
    }
    endObject()
  }

  mutating func writeSelectors(_ payload: PayloadSelector, _ vector: VectorSelector) {
    key("with_payload")
    switch payload {
    case .none: bool(false)
    case .all: bool(true)
    case .include(let paths): writePaths(paths, under: "include")
    case .exclude(let paths): writePaths(paths, under: "exclude")
    }
    key("with_vector")
    switch vector {
    case .none: bool(false)
    case .all: bool(true)
    case .names(let names):
      beginArray()
      for name in names { string(name) }
      endArray()
    }
  }

  private mutating func writePaths(_ paths: [PayloadPath], under name: StaticString) {
    beginObject()
    key(name)
    beginArray()
    for path in paths { string(path.description) }
    endArray()
    endObject()
  }

  private mutating func writeLookup(_ lookup: LookupLocation) {
    key("lookup_from")
    beginObject()
    key("collection")
    string(lookup.collection)
    if let vector = lookup.vector {
      key("vector")
      string(vector)
    }
    endObject()
  }
}
