import Dispatch
import Synchronization
import Testing
import VectorDB

/// A reference that is replaced while others load it: nobody sees what is gone, nothing stays.
@Suite struct AtomicReferenceTests {
  /// Objects that live.
  private final class Living: Sendable {
    let count = Atomic<Int>(0)
  }

  private final class Value: Published {
    let number: Int
    /// Told when the object goes.
    private let check = Atomic<Int>(0)
    private let living: Living
    private let unsettled = Atomic<Int>(0)

    init(_ number: Int, _ living: Living) {
      self.number = number
      self.living = living
      check.store(~number, ordering: .relaxed)
      living.count.add(1, ordering: .relaxed)
    }

    deinit {
      check.store(number, ordering: .relaxed)
      living.count.subtract(1, ordering: .relaxed)
    }

    var isWhole: Bool { check.load(ordering: .relaxed) == ~number }

    func settle(_ claims: Int) -> Int {
      unsettled.add(claims, ordering: .acquiringAndReleasing).newValue
    }
  }

  private final class Shared: Sendable {
    let reference: AtomicReference<Value>
    let isOver = Atomic<Bool>(false)

    init(_ value: Value) { reference = AtomicReference(value) }
  }

  @Test func loadsWhileItIsReplaced() {
    let living = Living()
    do {
      let shared = Shared(Value(0, living))
      let failures = Atomic<Int>(0)
      // Threads, as these never give way. The first one replaces, and has begun before the others.
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        if thread == 0 {
          for number in 1...200_000 { shared.reference.store(Value(number, living)) }
          shared.isOver.store(true, ordering: .relaxed)
        } else if !Self.loads(shared) {
          failures.add(1, ordering: .relaxed)
        }
      }
      #expect(failures.load(ordering: .relaxed) == 0)
      #expect(shared.reference.load().number == 200_000)
      #expect(living.count.load(ordering: .relaxed) == 1)
    }
    #expect(living.count.load(ordering: .relaxed) == 0)
  }

  /// Loads until all is over; whether it never got an older one than before, nor one that is gone.
  private static func loads(_ shared: Shared) -> Bool {
    var (last, held) = (0, [Value]())
    while !shared.isOver.load(ordering: .relaxed) {
      let value = shared.reference.load()
      if value.number < last || !value.isWhole { return false }
      last = value.number
      held.append(value)
      if held.count > 20 { held.removeFirst(17) }
      if !held.allSatisfy(\.isWhole) { return false }
    }
    return true
  }

  @Test func onlyWhatWasStoredLastIsCurrent() {
    let living = Living()
    let (first, second) = (Value(1, living), Value(2, living))
    let shared = Shared(first)
    #expect(shared.reference.isCurrent(first) && !shared.reference.isCurrent(second))
    shared.reference.store(second)
    #expect(!shared.reference.isCurrent(first) && shared.reference.isCurrent(second))
  }
}
