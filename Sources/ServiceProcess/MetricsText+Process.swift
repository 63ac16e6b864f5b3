extension MetricsText {
  /// What is told apart of the answers of a transport, by the names of its figures.
  package enum Answers: String, Sendable {
    case rest
    case grpc

    /// Whether a status is the server's fault.
    fileprivate func isFailure(_ status: Int) -> Bool {
      self == .rest ? status >= 500 : status != 0
    }

    /// Whether how long answers of a status took is told.
    fileprivate func isTimed(_ status: Int) -> Bool { self == .grpc || status == 200 }
  }

  /// Number and durations of the answers given, by route and status.
  ///
  /// - Parameter isThere: whether a collection has a name: given, the answers about each collection
  ///   are told apart.
  package mutating func addResponses(
    _ metrics: RequestMetrics, _ kind: Answers = .rest,
    byCollectionWhere isThere: ((String) -> Bool)? = nil
  ) {
    var answers: [(collection: String?, groups: RequestMetrics.Groups)] = []
    if let isThere { answers = metrics.byCollection(where: isThere).map { ($0, $1) } }
    if answers.isEmpty { answers = [(nil, metrics.snapshot())] }
    let groups = answers.flatMap { collection, groups in
      groups.map { group in
        var labels = [
          (name: "endpoint", value: group.key.endpoint),
          (name: "status", value: String(group.key.status)),
        ]
        if kind == .rest { labels.insert((name: "method", value: group.key.method), at: 0) }
        if let collection { labels.append((name: "collection", value: collection)) }
        return (labels: labels, status: group.key.status, durations: group.durations)
      }
    }
    family(
      "\(kind)_responses_total", .counter, "total number of responses",
      groups.map { ($0.labels, Double($0.durations.count)) })
    family(
      "\(kind)_responses_fail_total", .counter, "total number of failed responses",
      groups.map { ($0.labels, kind.isFailure($0.status) ? Double($0.durations.count) : 0) })
    let timed = groups.filter { kind.isTimed($0.status) }
    family(
      "\(kind)_responses_avg_duration_seconds", .gauge, "average response duration",
      timed.map { ($0.labels, $0.durations.averageSeconds) })
    family(
      "\(kind)_responses_min_duration_seconds", .gauge, "minimum response duration",
      timed.map { ($0.labels, $0.durations.minSeconds) })
    family(
      "\(kind)_responses_max_duration_seconds", .gauge, "maximum response duration",
      timed.map { ($0.labels, $0.durations.maxSeconds) })
    histograms(
      "\(kind)_responses_duration_seconds", "response duration histogram",
      timed.map { ($0.labels, $0.durations) })
  }

  /// Memory, threads and files of this process.
  package mutating func addProcess() {
    let figures = ProcessStatistics.collect()
    let gauges: [(name: String, help: String, value: Int)] = [
      ("memory_active_bytes", "bytes of private data in physical memory", figures.activeBytes),
      ("memory_allocated_bytes", "bytes of private data mapped", figures.allocatedBytes),
      ("memory_metadata_bytes", "bytes dedicated to allocator metadata", 0),
      ("memory_resident_bytes", "bytes in physically resident pages", figures.residentBytes),
      ("memory_retained_bytes", "bytes in virtual memory mappings", figures.retainedBytes),
      ("process_threads", "count of active threads", figures.threads),
      ("process_open_mmaps", "count of open mmaps", figures.mappings),
      ("system_max_mmaps", "system wide limit of open mmaps", figures.maxMappings),
      ("process_open_fds", "count of currently open file descriptors", figures.openFiles),
      ("process_max_fds", "limit for open file descriptors", figures.maxFiles),
    ]
    for gauge in gauges { single(gauge.name, .gauge, gauge.help, Double(gauge.value)) }
    let counters: [(name: String, help: String, value: Int)] = [
      ("process_minor_page_faults_total", "page faults without disk access", figures.minorFaults),
      ("process_major_page_faults_total", "page faults with disk access", figures.majorFaults),
      (
        "process_minor_page_faults_children_total",
        "page faults without disk access of waited-for child processes", figures.childMinorFaults
      ),
      (
        "process_major_page_faults_children_total",
        "page faults with disk access of waited-for child processes", figures.childMajorFaults
      ),
    ]
    for counter in counters {
      single(counter.name, .counter, counter.help, Double(counter.value))
    }
  }
}
