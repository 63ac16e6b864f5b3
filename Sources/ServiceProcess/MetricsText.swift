/// Writes figures in the text format that Prometheus scrapes.
package struct MetricsText: Sendable {
  /// What has been written so far.
  package private(set) var text = ""

  /// What a figure is, in the words of the format.
  package enum Kind: String, Sendable {
    case counter
    case gauge
    case histogram
  }

  /// Names and values that tell the samples of one figure apart.
  package typealias Labels = [(name: String, value: String)]

  /// An empty page.
  package init() {}

  /// One family of figures; nothing at all is written for a family without samples.
  package mutating func family(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: Double)]
  ) {
    if samples.isEmpty { return }
    header(name, kind, help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  /// A family of one figure without labels.
  package mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    family(name, kind, help, [(labels: [], value: value)])
  }

  /// A family of histograms of durations in seconds.
  package mutating func histograms(
    _ name: String, _ help: String, _ samples: [(labels: Labels, durations: DurationHistogram)]
  ) {
    if samples.isEmpty { return }
    header(name, .histogram, help)
    for (labels, durations) in samples {
      for (bound, count) in durations.cumulative {
        line("\(name)_bucket", labels + [("le", Self.number(bound))], Double(count))
      }
      line("\(name)_bucket", labels + [("le", "+Inf")], Double(durations.count))
      line("\(name)_sum", labels, durations.totalSeconds)
      line("\(name)_count", labels, Double(durations.count))
    }
  }

  /// A histogram without labels: how many values lie within each bound, how many there are in all,
  /// and what they add up to.
  package mutating func histogram(
    _ name: String, _ help: String, _ cumulative: [(bound: Double, count: Int)], count: Int,
    sum: Double
  ) {
    header(name, .histogram, help)
    for (bound, count) in cumulative {
      line("\(name)_bucket", [("le", Self.number(bound))], Double(count))
    }
    line("\(name)_bucket", [("le", "+Inf")], Double(count))
    line("\(name)_sum", [], sum)
    line("\(name)_count", [], Double(count))
  }

  private mutating func header(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{"
      for (index, label) in labels.enumerated() {
        if index > 0 { text += "," }
        text += "\(label.name)=\"\(Self.escaped(label.value))\""
      }
      text += "}"
    }
    text += " \(Self.number(value))\n"
  }

  private static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return value.description
  }

  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C || $0 == 0x0A }) else {
      return value
    }
    var escaped = ""
    for character in value {
      switch character {
      case "\"": escaped += "\\\""
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
