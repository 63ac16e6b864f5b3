import Synchronization

/// What an ``AtomicReference`` leads to. A new object each time: none is stored twice.
package protocol Published: AnyObject, Sendable {
  /// Adds to a count that begins with 0, atomically, and returns what it is then.
  func settle(_ claims: Int) -> Int
}

/// A reference that any thread loads without a lock, and one at a time replaces.
///
/// A word holds the address of the object and how many loads are between reading it and holding the
/// object: each claims it with one addition and takes its claim back. Claims that were not taken
/// back when the object is replaced are settled by its own count: whoever of the replacing thread
/// and those loads comes last releases the word's reference, so the object lives while any of them
/// looks at it.
package struct AtomicReference<Object: Published>: ~Copyable, Sendable {
  /// The address in the lower 48 bits, which is all that processes have; above it the claims.
  private let word: Atomic<UInt64>

  private static var claim: UInt64 { 1 << 48 }

  /// A reference to `object`.
  package init(_ object: Object) { word = Atomic(Self.address(of: object)) }

  deinit { Self.unmanaged(word.load(ordering: .acquiring)).release() }

  /// The object that was stored last.
  package func load() -> Object {
    var seen = word.add(Self.claim, ordering: .acquiringAndReleasing).newValue
    let address = Self.address(in: seen)
    let object = Self.unmanaged(address).retain()
    while Self.address(in: seen) == address {
      let (isBack, now) = word.compareExchange(
        expected: seen, desired: seen - Self.claim, ordering: .acquiringAndReleasing)
      if isBack { return object.takeRetainedValue() }
      seen = now
    }
    // It was replaced meanwhile, together with the claim.
    let held = object.takeRetainedValue()
    if held.settle(1) == 0 { Self.unmanaged(address).release() }
    return held
  }

  /// Whether `object`, which the caller holds, is still the one that was stored last.
  package func isCurrent(_ object: Object) -> Bool {
    let address = UInt64(UInt(bitPattern: Unmanaged.passUnretained(object).toOpaque()))
    return Self.address(in: word.load(ordering: .acquiring)) == address
  }

  /// Replaces the object. One caller at a time.
  package func store(_ object: Object) {
    let old = word.exchange(Self.address(of: object), ordering: .acquiringAndReleasing)
    let replaced = Self.unmanaged(old).retain().takeRetainedValue()
    if replaced.settle(-Int(old >> 48)) == 0 { Self.unmanaged(old).release() }
  }

  /// The address of an object that the word holds from now on.
  private static func address(of object: Object) -> UInt64 {
    let address = UInt64(UInt(bitPattern: Unmanaged.passRetained(object).toOpaque()))
    precondition(address < claim, "an address of more than 48 bits")
    return address
  }

  private static func address(in word: UInt64) -> UInt64 { word & (claim - 1) }

  private static func unmanaged(_ word: UInt64) -> Unmanaged<Object> {
    guard let pointer = UnsafeRawPointer(bitPattern: UInt(address(in: word))) else {
      preconditionFailure("the word always leads to an object")
    }
    return Unmanaged.fromOpaque(pointer)
  }
}
