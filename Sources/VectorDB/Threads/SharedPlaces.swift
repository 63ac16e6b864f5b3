/// A number of places that callers share. When all are taken, a caller that has less than an equal
/// share still gets one, as long as no more than twice that number is taken in all.
struct SharedPlaces {
  private let count: Int
  private var taken = 0
  private var ofCallers: [CallerID: Int] = [:]

  init(count: Int) {
    self.count = count
  }

  /// Takes a place, if there is one for the caller.
  mutating func take(for caller: CallerID) -> Bool {
    let own = ofCallers[caller] ?? 0
    if taken >= count {
      let callers = ofCallers.count + (own == 0 ? 1 : 0)
      if own >= count / callers || taken >= 2 * count { return false }
    }
    ofCallers[caller] = own + 1
    taken += 1
    return true
  }

  /// Gives a place back that was taken.
  mutating func giveBack(of caller: CallerID) {
    taken -= 1
    let own = ofCallers[caller] ?? 1
    ofCallers[caller] = own > 1 ? own - 1 : nil
  }
}
