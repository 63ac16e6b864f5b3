package import FastJSON
package import PointModel

/// What a formula may say, whatever transport it comes by.
package enum FormulaRules {
  /// What a variable stands for: `$score`, `$score[2]`, or a key of payloads.
  package static func variable(_ name: String) throws(DecodingFault) -> FormulaExpression {
    try variable(name) { reason in
      .wrongInput("Validation failed: failed to parse variable ID \(name): \(reason)")
    }
  }

  /// Adds the value of a variable that is missing.
  package static func add(
    _ value: JSONValue, as name: String, to formula: inout Formula
  ) throws(DecodingFault) {
    switch try variable(name, otherwise: { .validation($0) }) {
    case .score(let source):
      switch value {
      case .integer(let number): formula.scoreDefaults[source] = Double(number)
      case .unsigned(let number): formula.scoreDefaults[source] = Double(number)
      case .double(let number): formula.scoreDefaults[source] = number
      default: throw .validation("Score default must be a number")
      }
    case .payload(let path): formula.payloadDefaults[path] = value
    default: break
    }
  }

  /// A moment that a formula names.
  package static func moment(_ text: String) throws(DecodingFault) -> Datetime {
    guard let moment = Datetime(text) else {
      throw .wrongInput(
        "Validation failed: failed to parse date-time \(text.prefix(80)): "
          + "input contains invalid characters")
    }
    return moment
  }

  /// Refuses a decay that does not fall.
  package static func check(_ decay: FormulaDecay) throws(DecodingFault) {
    let isLinear = decay.shape == .linear
    let isInside =
      isLinear
      ? decay.midpoint >= 0 && decay.midpoint <= 1 : decay.midpoint > 0 && decay.midpoint < 1
    guard isInside else {
      let range = isLinear ? "[0.0, 1.0]" : "(0.0, 1.0)"
      throw .wrongInput(
        "Validation failed: \(isLinear ? "Linear decay" : "Decay") midpoint should be in the range "
          + "\(range), got \(Double(decay.midpoint).shown).")
    }
    guard decay.scale > 0 else {
      throw .wrongInput(
        "Validation failed: Decay scale should be non-zero positive, got "
          + "\(Double(decay.scale).shown).")
    }
  }

  /// `$score`, `$score[2]`, or a key of payloads.
  private static func variable(
    _ name: String, otherwise fault: (String) -> DecodingFault
  ) throws(DecodingFault) -> FormulaExpression {
    guard name.hasPrefix("$") else {
      guard let path = PayloadPath(name) else {
        throw fault("Invalid payload variable: \(name.prefix(200))")
      }
      return .payload(path)
    }
    guard let path = PayloadPath(String(name.dropFirst())) else {
      throw fault("Invalid reserved variable: \(name.prefix(200))")
    }
    guard path.steps.first == .key("score") else {
      throw fault("Invalid reserved word: \(name.prefix(200))")
    }
    if path.steps.count == 1 { return .score(0) }
    guard path.steps.count == 2, case .index(let source) = path.steps[1] else {
      throw fault("Invalid reserved variable: \(name.prefix(200))")
    }
    return .score(source)
  }
}

extension Double {
  /// The number as Qdrant's texts tell it: without a fraction that it does not have.
  var shown: String {
    let text = description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
