import Synchronization

/// A loop of a build, in parts of fixed bounds, each of which one thread does: the one that builds
/// or one that helps it.
///
/// Every part has places of its own for what comes of it, so the outcome is the same however the
/// parts are shared out.
public final class BuildLoop: Sendable {
  /// Does the part of a number.
  ///
  /// - Parameters:
  ///   - shouldStop: asked between bits of work of a millisecond or less, if a part is longer.
  /// - Returns: false if it did not come to the end because `shouldStop` returned true.
  package typealias Part = (_ number: Int, _ shouldStop: () -> Bool) -> Bool

  private let count: Int
  /// Makes what does parts, with memory of its own, on the thread that uses it.
  private let makePart: @Sendable () -> Part
  private let taken = Atomic<Int>(0)
  private let isGivenUp = Atomic<Bool>(false)

  private init(_ count: Int, _ makePart: @escaping @Sendable () -> Part) {
    self.count = count
    self.makePart = makePart
  }

  /// Has all parts done and waits for that.
  ///
  /// - Parameters:
  ///   - shouldContinue: called on this thread, before each part that it does, and within long
  ///     ones, with the share that is begun, 0…1.
  ///   - makePart: called on every thread that does parts.
  /// - Throws: ``BuildInterrupted`` after `shouldContinue` returned false. No part is being done
  ///   then.
  package static func run(
    _ count: Int, with help: (any BuildHelp)?, shouldContinue: (Double) -> Bool,
    _ makePart: @escaping @Sendable () -> Part
  ) throws(BuildInterrupted) {
    let loop = BuildLoop(count, makePart)
    let help = count > 1 ? help : nil
    help?.begin(loop)
    let isDone = loop.doParts(shouldContinue)
    if !isDone { loop.isGivenUp.store(true, ordering: .relaxed) }
    help?.end(loop)
    if !isDone { throw BuildInterrupted() }
  }

  /// Does parts until there are no more.
  ///
  /// - Parameter pause: called before each part and, in long ones, every millisecond or so; returns
  ///   when the thread may go on.
  public func help(pause: () -> Void) {
    pause()
    if taken.load(ordering: .relaxed) >= count { return }
    let part = makePart()
    func shouldStop() -> Bool {
      pause()
      return isGivenUp.load(ordering: .relaxed)
    }
    while !shouldStop(), let number = take(), part(number, shouldStop) {}
  }

  private func doParts(_ shouldContinue: (Double) -> Bool) -> Bool {
    var part: Part?
    while let number = take() {
      let share = Double(number) / Double(count)
      guard shouldContinue(share) else { return false }
      let body = part ?? makePart()
      part = body
      guard body(number, { !shouldContinue(share) }) else { return false }
    }
    return true
  }

  private func take() -> Int? {
    let number = taken.add(1, ordering: .relaxed).oldValue
    return number < count ? number : nil
  }
}

/// Places for what comes of the parts of a ``BuildLoop``.
///
/// SAFETY (`@unchecked Sendable`): the parts of a loop write different places, and what was written
/// is read after the loop, whose end waits for the threads that helped.
final class PartResults<Element>: @unchecked Sendable {
  private let memory: UnsafeMutableBufferPointer<Element>

  init(repeating element: Element, count: Int) {
    memory = .allocate(capacity: count)
    memory.initialize(repeating: element)
  }

  deinit {
    memory.deinitialize()
    memory.deallocate()
  }

  var count: Int { memory.count }

  subscript(_ place: Int) -> Element {
    get { memory[place] }
    set { memory[place] = newValue }
  }

  /// What is there.
  var elements: UnsafeMutableBufferPointer<Element> { memory }
}
