import HTTPTypes
import Testing

@Suite struct MetricsTests {
  /// One line of the text format: a name, labels as they stand, a value.
  struct Sample {
    let name: String
    let labels: String
    let value: Double
  }

  /// Reads the text format strictly enough to notice a malformed line.
  static func parse(_ text: String) -> (types: [String: String], samples: [Sample]) {
    var types: [String: String] = [:]
    var samples: [Sample] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# TYPE ") {
        #expect(words.count == 4 && types[String(words[2])] == nil, "\(line)")
        types[String(words[2])] = String(words[3])
      } else if !line.hasPrefix("# HELP ") {
        guard let value = Double(words.last ?? "") else {
          Issue.record("no value in \(line)")
          continue
        }
        let head = line.dropLast((words.last?.count ?? 0) + 1)
        let name = head.prefix { $0 != "{" }
        let labels = head.dropFirst(name.count)
        #expect(labels.isEmpty || (labels.hasPrefix("{") && labels.hasSuffix("}")), "\(line)")
        samples.append(Sample(name: String(name), labels: String(labels), value: value))
      }
    }
    return (types, samples)
  }

  @Test func carryTheNamesAndTypesThatDashboardsExpect() async throws {
    try await ServerFixture.runWithPoints { server in
      _ = try await server.send(.post, "/collections/missing/points", #"{"ids":[1]}"#)
      _ = try await server.send(.get, "/no/such/route")
      let answer = try await server.send(.get, "/metrics")
      #expect(answer.status == 200)
      #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
      let (types, samples) = Self.parse(answer.text)
      for (name, type) in [
        ("app_info", "gauge"), ("app_status_recovery_mode", "gauge"),
        ("collections_total", "gauge"), ("collections_vector_total", "gauge"),
        ("collection_points", "gauge"), ("collection_vectors", "gauge"),
        ("cluster_enabled", "gauge"), ("rest_responses_total", "counter"),
        ("rest_responses_fail_total", "counter"),
        ("rest_responses_avg_duration_seconds", "gauge"),
        ("rest_responses_duration_seconds", "histogram"), ("memory_resident_bytes", "gauge"),
        ("memory_formula_bytes", "gauge"), ("memory_formula_part_bytes", "gauge"),
        ("collection_memory_bytes", "gauge"), ("storage_disk_bytes", "gauge"),
        ("storage_disk_free_bytes", "gauge"), ("process_threads", "gauge"),
        ("process_open_fds", "gauge"),
        ("process_minor_page_faults_total", "counter"),
      ] {
        #expect(types[name] == type, "\(name)")
      }
      func value(_ name: String, _ labels: String) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
      }
      #expect(value("collections_total", "") == 1)
      #expect(value("collection_points", #"{id="c"}"#) == 3)
      #expect(value("collection_vectors", #"{collection="c",vector=""}"#) == 3)
      let upserts =
        #"method="PUT",endpoint="/collections/{collection_name}/points",status="200""#
      #expect(value("rest_responses_total", "{\(upserts)}") == 1)
      #expect(value("rest_responses_duration_seconds_count", "{\(upserts)}") == 1)
      #expect(value("rest_responses_duration_seconds_bucket", #"{\#(upserts),le="+Inf"}"#) == 1)
      let missing =
        #"{method="POST",endpoint="/collections/{collection_name}/points",status="404"}"#
      #expect(value("rest_responses_total", missing) == 1)
      #expect(value("rest_responses_fail_total", missing) == 0)
      #expect(!answer.text.contains("no/such"))
      #expect((value("memory_resident_bytes", "") ?? 0) > 0)
      // A page, however few the vectors.
      #expect(value("collection_memory_bytes", #"{collection="c",part="vectors"}"#) == 4096)
      #expect((value("memory_formula_bytes", "") ?? 0) > 65_536)
    }
  }

  @Test func bucketsOfAHistogramNeverShrink() async throws {
    try await ServerFixture.runWithPoints { server in
      for _ in 0..<20 { _ = try await server.send(.get, "/collections") }
      let (_, samples) = Self.parse(try await server.send(.get, "/metrics").text)
      let counts = samples.filter {
        $0.name == "rest_responses_duration_seconds_bucket"
          && $0.labels.contains(#"endpoint="/collections","#)
      }.map(\.value)
      #expect(counts.count == 17)
      #expect(counts == counts.sorted())
      #expect(counts.last == 20)
    }
  }
}
