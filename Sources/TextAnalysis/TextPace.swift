/// Has taking a text apart ask now and then whether to go on.
struct TextPace {
  private let goesOn: () -> Bool
  private var steps = 0
  private var isOver = false

  /// Steps between two questions: of nanoseconds each.
  private static let stepsPerLook = 4096
  /// What it takes to make a token of a word, in steps.
  static let token = 32

  init(_ goesOn: @escaping () -> Bool) {
    self.goesOn = goesOn
  }

  /// Counts what was done, in steps such as the look at one character; whether to go on.
  @inline(__always)
  mutating func step(_ count: Int = 1) -> Bool {
    steps &+= count
    if steps >= Self.stepsPerLook { look() }
    return !isOver
  }

  private mutating func look() {
    steps = 0
    if !isOver { isOver = !goesOn() }
  }
}
